import { mixed, scattered, skewed } from './chance.ts';
import { Ids, shardOfNumber, type Kind } from './ids.ts';

/** Read from a typed array: what lies outside is a fault of the generator. */
export function at(array: Uint32Array | Int32Array | Uint16Array | Uint8Array, index: number): number {
  const value = array[index];
  if (value === undefined) throw new Error(`expected an index below ${array.length} but received ${index}`);
  return value;
}

/** People on whom lists are hardest, by their numbers. Everybody's fame falls with their number. */
export const celebrity = 0;
/** A private account with a few followers, and very many newer requests. */
export const privatePerson = 1;
/** Blocks and mutes very many; on the first post, whom they blocked said and liked much. */
export const blocker = 2;
/** Archived most of what they posted lately. */
export const archivist = 3;
/** Everything that they were told of lately was taken back. */
export const forsaken = 4;
/** Asks very many private people, newer than whom they follow. */
export const requester = 5;
/** The post under which blocked people said and liked much. */
export const quarrel = 0;

/** Who exists, as numbers, and under which ids; the same for the same size. */
export class Cast {
  readonly users: number;
  readonly posts: number;
  /** How often each of the hard cases happens: 1 in 200 of people, from one to 5,000 times. */
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

  /** Popular posts are of any time. */
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
