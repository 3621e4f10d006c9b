import type { Page, Post, User } from './contract.js';
import { Model, type ModelPost } from './model.js';
import { unreadListed, unreadOf } from './notifications.js';
import type { Person } from './people.js';
import { drawn } from './pictures.js';

export const acts = [
  'post',
  'remove',
  'archive',
  'unarchive',
  'follow',
  'unfollow',
  'accept',
  'block',
  'unblock',
  'mute',
  'unmute',
  'hide',
  'show',
  'like',
  'unlike',
  'read',
] as const;

/** One act: of `who`, towards `whom` or (by `which`) towards a post. */
export interface Deed {
  act: (typeof acts)[number];
  who: number;
  whom: number;
  which: number;
}

/** One in this many posts waits for its photo. */
const DEVELOPED = 4;
let pictures = 0;

interface Act {
  one: Person;
  other: Person;
  /** Any post of the scenario. */
  post: ModelPost | undefined;
  /** One of the person's own. */
  own: ModelPost | undefined;
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`expected ${what} to be ${other} but received ${one}`);
}

/** A group of people who act on each other through the API, and the model with the expected result. */
export class Scenario {
  readonly model = new Model();

  /** `ready` makes a photo that is ready at once. */
  constructor(
    readonly people: readonly Person[],
    private readonly ready: (owner: Person) => Promise<{ id: string }>,
  ) {}

  private person(index: number): Person {
    return this.people[index % this.people.length] as Person;
  }

  /** The response's status; 0 where there is no target. */
  async do({ act, who, whom, which }: Deed): Promise<number> {
    const [one, other] = [this.person(who), this.person(whom)];
    const { posts } = this.model;
    const post = posts[which % Math.max(1, posts.length)];
    const own = posts.filter(({ author }) => author === one.id)[which % 4];
    return this.how[act]({ one, other, post, own });
  }

  private readonly how: Record<Deed['act'], (act: Act) => Promise<number>> = {
    post: ({ one }) => this.post(one),
    read: ({ one }) => this.ask(one, 'get', '/v1/feed?limit=3'),
    hide: ({ one }) => this.turn(one, true),
    show: ({ one }) => this.turn(one, false),
    follow: ({ one, other }) => this.relate('follow', one, other),
    unfollow: ({ one, other }) => this.relate('unfollow', one, other),
    block: ({ one, other }) => this.relate('block', one, other),
    unblock: ({ one, other }) => this.relate('unblock', one, other),
    mute: ({ one, other }) => this.relate('mute', one, other),
    unmute: ({ one, other }) => this.relate('unmute', one, other),
    accept: async ({ one, other }) => {
      this.model.accept(one.id, other.id);
      return this.ask(one, 'put', `/v1/follow-requests/${other.id}`);
    },
    remove: async ({ one, own }) => {
      if (!own) return 0;
      this.model.posts = this.model.posts.filter((kept) => kept !== own);
      return this.ask(one, 'delete', `/v1/posts/${own.id}`);
    },
    archive: async ({ one, own }) => (own ? this.archive(one, own, true) : 0),
    unarchive: async ({ one, own }) => (own ? this.archive(one, own, false) : 0),
    like: async ({ one, post }) => (post ? this.like(one, post, true) : 0),
    unlike: async ({ one, post }) => (post ? this.like(one, post, false) : 0),
  };

  private async relate(
    act: 'follow' | 'unfollow' | 'block' | 'unblock' | 'mute' | 'unmute',
    one: Person,
    other: Person,
  ): Promise<number> {
    this.model[act](one.id, other.id);
    const method = act.startsWith('un') ? 'delete' : 'put';
    return this.ask(one, method, `/v1/users/${other.id}/${act.replace(/^un/, '')}`);
  }

  private async turn(one: Person, isPrivate: boolean): Promise<number> {
    this.model.turn(one.id, isPrivate);
    return this.ask(one, 'patch', '/v1/me', { private: isPrivate });
  }

  /** One in a few is posted while its photo is still being developed: later ones are published before it. */
  private async post(author: Person): Promise<number> {
    pictures += 1;
    const isSlow = pictures % DEVELOPED === 0;
    const photo = isSlow
      ? await author.send(await drawn({ seed: pictures, width: 64, height: 48 }))
      : await this.ready(author);
    const { id } = await author.post([photo]);
    this.model.posts.push({ id, author: author.id, archived: false, likers: new Set() });
    return 201;
  }

  /** A post that is not published yet cannot be archived: then nothing has changed. */
  private async archive(author: Person, post: ModelPost, archived: boolean): Promise<number> {
    const status = await this.ask(author, archived ? 'put' : 'delete', `/v1/posts/${post.id}/archive`);
    if (status === 200) post.archived = archived;
    return status;
  }

  private async like(person: Person, post: ModelPost, likes: boolean): Promise<number> {
    const status = await this.ask(person, likes ? 'put' : 'delete', `/v1/posts/${post.id}/like`);
    if (!likes) post.likers.delete(person.id);
    else if (status === 200) post.likers.add(person.id);
    if (likes && status === 200 && !this.model.maySee(person.id, post))
      throw new Error(`expected ${person.user.username} not to see ${post.id} but they liked it`);
    return status;
  }

  private async ask(
    person: Person,
    method: 'get' | 'put' | 'patch' | 'delete',
    path: string,
    body?: object,
  ): Promise<number> {
    const { status, text } = await person.request(method, path, body);
    if (status >= 500) throw new Error(`expected ${method} ${path} to be answered but received ${text}`);
    return status;
  }

  /** At a quiet moment: all pages together, all counts, and all unread notifications match the model. */
  async check(): Promise<void> {
    for (const reader of this.people) {
      const found = await everyPage(reader);
      const { username } = reader.user;
      const ids = found.map(({ id }) => id);
      expectSame(`the feed of ${username}`, ids, this.model.feed(reader.id));
      for (const { id, liked, counts } of found) {
        const post = this.model.posts.find((one) => one.id === id) as ModelPost;
        const expected = [post.likers.has(reader.id), this.model.likes(post)];
        expectSame(`liked and likes of ${id} for ${username}`, [liked, counts.likes], expected);
      }
      const { counts } = (await reader.request('get', '/v1/me').expect(200)).body as User;
      const { posts, followers, following } = counts;
      expectSame(`the counts of ${username}`, { posts, followers, following }, this.model.counts(reader.id));
      expectSame(`the unread count of ${username}`, await unreadOf(reader), await unreadListed(reader));
    }
  }
}

async function everyPage(reader: Person): Promise<Post[]> {
  const found: Post[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page<Post> = await reader.feed(cursor === '' ? { limit: 3 } : { limit: 3, cursor });
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found;
}
