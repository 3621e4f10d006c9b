import { mixed, scattered, skewed } from './chance.ts';
import { Ids, shardOfNumber, type Kind } from './ids.ts';

/** Reads from a typed array: an index outside is a fault of the generator. */
export function at(array: Uint32Array | Int32Array | Uint16Array | Uint8Array, index: number): number {
  const value = array[index];
  if (value === undefined) throw new Error(`expected an index below ${array.length} but received ${index}`);
  return value;
}

/** The people with the hardest lists, by number. Popularity falls with the number. */
export const celebrity = 0;
/** A private account with a few followers, and very many newer requests. */
export const privatePerson = 1;
/** Blocks and mutes very many people; the first post has many comments and likes of those it blocked. */
export const blocker = 2;
/** Archived most of their recent posts. */
export const archivist = 3;
/** All of their recent notifications were retracted. */
export const forsaken = 4;
/** Has requests to very many private people, newer than their follows. */
export const requester = 5;
/** The post with many comments and likes of blocked people. */
export const quarrel = 0;

/** All people and things, as numbers, and their ids; the same for the same size. */
export class Entities {
  readonly users: number;
  readonly posts: number;
  /** The size of each hard case: 1 in 200 of people, from 1 to 5,000. */
  readonly many: number;
  readonly sessions: number;
  readonly comments: number;
  readonly tags: number;
  readonly places: number;
  readonly collections: number;
  readonly userShard: Uint16Array;
  readonly author: Uint32Array;
  readonly private: Uint8Array;
  private readonly kept = new Map<string, unknown>();

  constructor(users: number) {
    this.users = users;
    this.posts = users * 5;
    this.many = Math.max(1, Math.floor(users / 200));
    this.sessions = Math.floor(users / 3) + 50;
    this.comments = users * 4;
    this.tags = Math.max(500, Math.floor(users / 5));
    this.places = Math.max(500, Math.floor(users / 20));
    this.collections = Math.floor(users / 10) + 50;
    this.userShard = Uint16Array.from({ length: users }, (_, user) => shardOfNumber(user, 1));
    this.private = Uint8Array.from({ length: users }, (_, user) =>
      user === privatePerson || (user > 20 && mixed(user, 3) % 100 < 8) ? 1 : 0,
    );
    this.author = Uint32Array.from({ length: this.posts }, (_, post) => this.authorOf(post));
  }

  private authorOf(post: number): number {
    if (post === quarrel) return blocker;
    return this.archived(post) ? archivist : skewed(this.users, 2, post, 2);
  }

  archived(post: number): boolean {
    return post >= this.posts - this.many || mixed(post, 4) % 100 < 1;
  }

  postShard(post: number): number {
    return at(this.userShard, at(this.author, post));
  }

  /** Popular posts are spread over all times. */
  popularPost(rank: number): number {
    return scattered(rank, this.posts);
  }

  protected once<Value>(name: string, make: () => Value): Value {
    if (!this.kept.has(name)) this.kept.set(name, make());
    return this.kept.get(name) as Value;
  }

  protected busy(step: number, seed: number): number {
    return scattered(skewed(this.users, 1.6, step, seed), this.users);
  }

  ids(kind: Kind): Ids {
    return this.once(`ids ${kind}`, () => new Ids(kind, this.countOf(kind)));
  }

  private countOf(kind: Kind): number {
    const per: Partial<Record<Kind, number>> = {
      user: this.users,
      post: this.posts,
      session: this.sessions,
      comment: this.comments,
      tag: this.tags,
      place: this.places,
      collection: this.collections,
      notification: this.users * 4,
      event: this.users * 2,
      invitation: this.users * 2,
      registration: this.users,
    };
    return per[kind] ?? this.users * 16;
  }

  userId(user: number): string {
    return this.ids('user').text(user, at(this.userShard, user));
  }

  postId(post: number): string {
    return this.ids('post').text(post, this.postShard(post));
  }
}
