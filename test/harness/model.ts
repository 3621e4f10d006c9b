/** A post, as far as the model knows it. */
export interface ModelPost {
  id: string;
  author: string;
  archived: boolean;
  likers: Set<string>;
}

/** Pairs of people: `one` does it to `other`. */
class Pairs {
  private readonly pairs = new Set<string>();
  add = (one: string, other: string) => void this.pairs.add(`${one} ${other}`);
  delete = (one: string, other: string) => this.pairs.delete(`${one} ${other}`);
  has = (one: string, other: string) => this.pairs.has(`${one} ${other}`);
  to = (other: string) =>
    [...this.pairs].filter((pair) => pair.endsWith(` ${other}`)).map((pair) => pair.split(' ')[0] ?? '');
  of = (one: string) => [...this.pairs].filter((pair) => pair.startsWith(`${one} `));
}

/** The specification: a feed is the newest posts of the followed people whose posts one may see, and one's own. */
export class Model {
  readonly follows = new Pairs();
  readonly requests = new Pairs();
  readonly blocks = new Pairs();
  readonly mutes = new Pairs();
  readonly private = new Set<string>();
  posts: ModelPost[] = [];

  apart = (one: string, other: string): boolean => this.blocks.has(one, other) || this.blocks.has(other, one);

  follow(one: string, other: string): void {
    if (one === other || this.apart(one, other) || this.follows.has(one, other)) return;
    (this.private.has(other) ? this.requests : this.follows).add(one, other);
  }

  unfollow(one: string, other: string): void {
    this.follows.delete(one, other);
    this.requests.delete(one, other);
  }

  accept(one: string, other: string): void {
    if (this.requests.delete(other, one)) this.follows.add(other, one);
  }

  mute(one: string, other: string): void {
    if (one !== other && !this.blocks.has(other, one)) this.mutes.add(one, other);
  }

  unmute(one: string, other: string): void {
    this.mutes.delete(one, other);
  }

  unblock(one: string, other: string): void {
    this.blocks.delete(one, other);
  }

  block(one: string, other: string): void {
    if (one === other) return;
    this.blocks.add(one, other);
    this.unfollow(one, other);
    this.unfollow(other, one);
  }

  turn(one: string, isPrivate: boolean): void {
    if (isPrivate) this.private.add(one);
    else if (this.private.delete(one)) for (const other of this.requests.to(one)) this.accept(one, other);
  }

  maySee(reader: string, { author, archived }: ModelPost): boolean {
    if (author === reader) return true;
    return (
      !archived &&
      !this.apart(reader, author) &&
      (!this.private.has(author) || this.follows.has(reader, author))
    );
  }

  feed(reader: string): string[] {
    const shown = this.posts.filter(
      ({ author, archived }) =>
        !archived &&
        (author === reader || (this.follows.has(reader, author) && !this.mutes.has(reader, author))),
    );
    return shown.map(({ id }) => id).toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));
  }

  /** A block removes the blocked person's likes from the blocker's posts. */
  likes({ author, likers }: ModelPost): number {
    return [...likers].filter((liker) => !this.blocks.has(author, liker)).length;
  }

  counts(person: string): { posts: number; followers: number; following: number } {
    return {
      posts: this.posts.filter(({ author, archived }) => author === person && !archived).length,
      followers: this.follows.to(person).length,
      following: this.follows.of(person).length,
    };
  }
}
