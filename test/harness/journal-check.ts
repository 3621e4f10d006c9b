import type { Comment, Page, Post, Relationship, User } from './contract.js';
import { inTurns } from './crowd.js';
import type { Company } from './journal-company.js';
import type { Actor } from './journal-actor.js';
import type { JournalPost } from './journal.js';

const newestFirst = (ids: readonly string[]): string[] =>
  ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));

const without = (all: Set<string>, some: Set<string>): string[] => [...all].filter((one) => !some.has(one));

/** Compares the API's responses with the journal, for each person. */
export class JournalCheck {
  /** Photos whose renditions were all read: objects never change, so later checks read only one of them. */
  private readonly known = new Set<string>();

  constructor(
    private readonly company: Company,
    /** Where clients reach the API, and photos. */
    private readonly url: string,
  ) {}

  private get journal() {
    return this.company.journal;
  }

  /** Checks everything, at a quiet moment. */
  async all(): Promise<void> {
    await inTurns(this.company.actors, 4, async (actor) => {
      await this.profile(actor);
      await this.feed(actor);
      await this.people(actor);
      await this.saved(actor);
      await this.sessions(actor);
      await this.notifications(actor);
    });
    await inTurns([...this.journal.posts.values()], 8, (post) => this.below(post));
  }

  private async read<Body>(actor: Actor, path: string): Promise<Body | null> {
    const answer = await actor.send<Body>({ method: 'GET', path });
    return answer.status === 200 ? answer.body : null;
  }

  private async pages<Item>(actor: Actor, path: string): Promise<Item[] | null> {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? 'limit=20' : `limit=20&cursor=${cursor}`;
      const page: Page<Item> | null = await this.read<Page<Item>>(actor, `${path}?${query}`);
      if (!page) return null;
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  /** Compares lists of ids: a missing id is lost, a repeated one is a duplicate, and an unknown one came back. */
  private compare(list: string, found: readonly string[], expected: readonly string[]): void {
    const [are, should] = [new Set(found), new Set(expected)];
    for (const one of without(should, are)) this.journal.find('lost', one, `${one} is not in ${list}`);
    for (const one of without(are, should)) this.journal.find('double', one, `${one} is in ${list}, unasked`);
    if (are.size < found.length) {
      const twice = found.filter((one, at) => found.indexOf(one) !== at);
      for (const one of twice) this.journal.find('double', one, `${one} is twice in ${list}`);
    }
    const isOrdered =
      are.size !== should.size || found.length !== are.size || found.join() === expected.join();
    if (!isOrdered) this.journal.find('drift', '', `${list} is out of order: ${found.join()}`);
  }

  private same(what: string, subject: string, found: unknown, expected: unknown): void {
    const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
    if (one !== other) this.journal.find('drift', subject, `${what} is ${one}, not ${other}`);
  }

  private async profile(actor: Actor): Promise<void> {
    const me = await this.read<User>(actor, '/v1/me');
    const { posts, followers, following } = me?.counts ?? {};
    this.same(
      `${actor.name}'s counts`,
      actor.name,
      { posts, followers, following },
      this.journal.model.counts(actor.id),
    );
    const name = this.journal.profiles.get(actor.id) ?? null;
    this.same(`${actor.name}'s name`, actor.name, me?.displayName, name);
  }

  /** Twice: built from rows where Redis has lost it, and from Redis. */
  private async feed(actor: Actor): Promise<void> {
    for (const _ of [1, 2]) {
      const posts = (await this.pages<Post>(actor, '/v1/feed')) ?? [];
      const ids = posts.map(({ id }) => id);
      this.compare(`${actor.name}'s feed`, ids, this.journal.model.feed(actor.id));
      for (const post of posts) this.post(actor, post);
    }
  }

  private post(reader: Actor, { id, caption, liked, saved, counts, photos, state }: Post): void {
    const known = this.journal.posts.get(id);
    if (!known) return;
    const found = {
      state,
      caption,
      liked,
      saved,
      likes: counts.likes,
      comments: counts.comments,
      photos: photos.length,
    };
    this.same(`post ${id} for ${reader.name}`, id, found, {
      state: 'published',
      caption: known.caption,
      liked: known.likers.has(reader.id),
      saved: known.savers.has(reader.id),
      likes: this.journal.model.likes(known),
      comments: this.journal.commentsOf(known).length,
      photos: known.photos.length,
    });
  }

  /** Every other person: the relation to them, and the posts of theirs that are visible. */
  private async people(actor: Actor): Promise<void> {
    const { model, posts } = this.journal;
    for (const other of this.company.actors) {
      const list = await this.pages<Post>(actor, `/v1/users/${other.id}/posts`);
      const all = [...posts.values()].filter(({ author }) => author === other.id);
      const isHidden =
        actor !== other &&
        (model.apart(actor.id, other.id) ||
          (model.private.has(other.id) && !model.follows.has(actor.id, other.id)));
      const title = `${other.name}'s posts as ${actor.name} sees them`;
      if (isHidden !== (list === null))
        this.journal.find('drift', other.name, `${title}: hidden is ${list === null}`);
      else if (list) {
        this.compare(
          title,
          list.map(({ id }) => id),
          newestFirst(all.map(({ id }) => id)),
        );
        for (const post of list) this.post(actor, post);
      }
      if (actor !== other) await this.relation(actor, other);
    }
  }

  private async relation(actor: Actor, other: Actor): Promise<void> {
    const { model } = this.journal;
    const user = await this.read<User>(actor, `/v1/users/${other.id}`);
    const isBlocked = model.blocks.has(other.id, actor.id);
    if (isBlocked || !user?.relationship)
      return this.same(`${other.name} seen by ${actor.name}`, other.name, user !== null, !isBlocked);
    const { following, requested, followedBy, blocking, muting } = user.relationship;
    const found: Relationship = { following, requested, followedBy, blocking, muting };
    this.same(`how ${actor.name} stands to ${other.name}`, other.name, found, {
      following: model.follows.has(actor.id, other.id),
      requested: model.requests.has(actor.id, other.id),
      followedBy: model.follows.has(other.id, actor.id),
      blocking: model.blocks.has(actor.id, other.id),
      muting: model.mutes.has(actor.id, other.id),
    });
  }

  private async saved(actor: Actor): Promise<void> {
    const { posts, model } = this.journal;
    const list = (await this.pages<Post>(actor, '/v1/me/saved')) ?? [];
    const expected = [...posts.values()].filter(
      (post) => post.savers.has(actor.id) && model.maySee(actor.id, post),
    );
    const ids = list.map(({ id }) => id);
    this.compare(`${actor.name}'s saved posts`, newestFirst(ids), newestFirst(expected.map(({ id }) => id)));
  }

  private async sessions(actor: Actor): Promise<void> {
    const list = (await this.pages<{ id: string }>(actor, '/v1/sessions')) ?? [];
    const living = [...(this.journal.sessions.get(actor.id) ?? [])];
    this.compare(`${actor.name}'s sessions`, newestFirst(list.map(({ id }) => id)), newestFirst(living));
  }

  private async notifications(actor: Actor): Promise<void> {
    const list = (await this.pages<{ read: boolean }>(actor, '/v1/notifications')) ?? [];
    const unread = await this.read<{ count: number }>(actor, '/v1/notifications/unread');
    this.same(
      `what ${actor.name} has not read`,
      actor.name,
      unread?.count,
      list.filter((one) => !one.read).length,
    );
  }

  /** The comments and likes of a post, as its author sees them; and its pictures. */
  private async below(post: JournalPost): Promise<void> {
    const author = this.company.actors.find(({ id }) => id === post.author) as Actor;
    const comments = (await this.pages<Comment>(author, `/v1/posts/${post.id}/comments`)) ?? [];
    const said = comments.filter(({ deleted }) => !deleted).map(({ text }) => text ?? '');
    const expected = this.journal
      .commentsOf(post)
      .filter(({ author: writer }) => !this.journal.model.apart(post.author, writer))
      .map(({ text }) => text);
    this.compare(`what is said below ${post.id}`, said.toSorted(), expected.toSorted());
    const shown = await this.read<Post>(author, `/v1/posts/${post.id}`);
    for (const photo of shown?.photos ?? []) {
      const renditions = Object.values(photo.renditions ?? {});
      const read = this.known.has(photo.id) ? renditions.slice(0, 1) : renditions;
      for (const { url } of read) await this.bytes(photo.id, url);
      this.known.add(photo.id);
    }
    this.same(
      `the photos of ${post.id}`,
      post.id,
      shown?.photos.map(({ id, state }) => `${id} ${state}`),
      post.photos.map((id) => `${id} ready`),
    );
  }

  private async bytes(photo: string, url: string): Promise<void> {
    const { pathname, search } = new URL(url);
    const response = await fetch(`${this.url}${pathname}${search}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isImage = bytes[0] === 0xff || new TextDecoder().decode(bytes.subarray(8, 12)) === 'WEBP';
    if (response.status !== 200 || !isImage) this.journal.find('lost', photo, `${url}: ${response.status}`);
  }

  /** Before the system is quiet: no feed contains a post that is no longer visible, and one's own posts are all there. */
  async wrongInFeeds(): Promise<string[]> {
    const wrong = await inTurns(this.company.actors, 4, async (actor) => {
      const found = new Set(((await this.pages<Post>(actor, '/v1/feed')) ?? []).map(({ id }) => id));
      const expected = new Set(this.journal.model.feed(actor.id));
      const missing = [...expected].filter(
        (id) => this.journal.posts.get(id)?.author === actor.id && !found.has(id),
      );
      return [
        ...missing.map((id) => `${actor.name} misses their own ${id}`),
        ...without(found, expected).map((id) => `${actor.name} still sees ${id}`),
      ];
    });
    return wrong.flat();
  }
}
