import { Injectable } from '@nestjs/common';
import { codeOf, timeOf, type Id } from '@app/platform';
import { PostAccess } from '@app/domain';
import {
  BlockRows,
  CollectionRows,
  FollowRows,
  LikeRows,
  PostRows,
  UserRows,
  type Entry,
  type KeyPage,
} from '@app/storage';
import { mapped, walk } from './walk.js';

/** A person, by the name that they have now. */
export interface ExportedPerson {
  username: string;
  since: string;
}

const since = ({ id }: { id: Id }): string => new Date(timeOf(id)).toISOString();

/** Other people, and their posts. */
@Injectable()
export class Others {
  constructor(
    private readonly users: UserRows,
    private readonly postRows: PostRows,
    private readonly access: PostAccess,
  ) {}

  async people(entries: readonly Entry[]): Promise<ExportedPerson[]> {
    const people = await this.users.findMany(entries.map(({ subject }) => subject));
    return entries.flatMap((entry) => {
      const person = people.get(entry.subject);
      return person && person.closed_at === null ? [{ username: person.username, since: since(entry) }] : [];
    });
  }

  /** Of a post that the person may not see any more, the mark alone. */
  async posts(user: Id, entries: readonly Entry[]): Promise<object[]> {
    const ids = entries.map(({ subject }) => subject);
    const [visible, posts] = await Promise.all([this.access.visible(ids, user), this.postRows.findMany(ids)]);
    const authors = await this.users.findMany([...posts.values()].map(({ author_id }) => author_id));
    return entries.map((entry) => {
      const mark = { postId: entry.subject, markedAt: since(entry) };
      const post = visible.has(entry.subject) ? posts.get(entry.subject) : undefined;
      const author = post && authors.get(post.author_id);
      return author ? { ...mark, code: codeOf(entry.subject), author: author.username } : mark;
    });
  }
}

/** What a person marked, and whom they follow: their own acts, and of others only what they may see now. */
@Injectable()
export class MarkedData {
  constructor(
    private readonly likeRows: LikeRows,
    private readonly collectionRows: CollectionRows,
    private readonly follows: FollowRows,
    private readonly blocks: BlockRows,
    private readonly others: Others,
  ) {}

  likes(user: Id): AsyncGenerator<object[]> {
    return this.posts(user, (page) => this.likeRows.liked(user, page));
  }

  saves(user: Id): AsyncGenerator<object[]> {
    return this.posts(user, (page) => this.likeRows.saved(user, page));
  }

  collections(user: Id): AsyncGenerator<object[]> {
    return mapped(
      walk((page) => this.collectionRows.page(user, page)),
      (page) => Promise.all(page.map((one) => this.collection(one))),
    );
  }

  following(user: Id): AsyncGenerator<ExportedPerson[]> {
    return this.people((page) => this.follows.following(user, page));
  }

  followers(user: Id): AsyncGenerator<ExportedPerson[]> {
    return this.people((page) => this.follows.followers(user, page));
  }

  blocked(user: Id): AsyncGenerator<ExportedPerson[]> {
    return this.people((page) => this.blocks.blocked(user, page));
  }

  muted(user: Id): AsyncGenerator<ExportedPerson[]> {
    return this.people((page) => this.blocks.muted(user, page));
  }

  private posts(user: Id, read: (page: KeyPage) => Promise<Entry[]>): AsyncGenerator<object[]> {
    return mapped(walk(read), (page) => this.others.posts(user, page));
  }

  private people(read: (page: KeyPage) => Promise<Entry[]>): AsyncGenerator<ExportedPerson[]> {
    return mapped(walk(read), (page) => this.others.people(page));
  }

  private async collection({ id, name, created_at }: { id: Id; name: string; created_at: Date }) {
    const posts: Id[] = [];
    for await (const page of walk((at) => this.collectionRows.posts(id, at)))
      posts.push(...page.map(({ subject }) => subject));
    return { id, name, createdAt: created_at.toISOString(), postIds: posts };
  }
}
