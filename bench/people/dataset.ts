import { drawPairs, fraction, mixed, scattered, skewed, type Pairs } from './chance.ts';
import { at, blocker, Entities, celebrity, privatePerson, quarrel, requester } from './entities.ts';

const celebrated = 10_000;

/** All actions of the people; the same for the same size. Large arrays are computed on first use. */
export class Dataset extends Entities {
  get follows(): Pairs {
    return this.once('follows', () =>
      drawPairs(this.users * 15, this.users, (step) => {
        const hard = this.hardFollow(step);
        const [one, other] = hard ?? [this.busy(step, 11), skewed(this.users, 3, step, 12)];
        return one === other ? null : [one, other];
      }),
    );
  }

  /** The private person has a hundred followers, then requests. The requester follows a hundred people, then has requests. */
  private hardFollow(step: number): [number, number] | null {
    if (step < 100) return [scattered(step, this.users), privatePerson];
    if (step < 200) return [requester, 20 + step];
    const asked = step - this.users;
    if (asked >= 0 && asked < this.many * 4) return [scattered(100 + asked, this.users), privatePerson];
    const asks = asked - this.many * 4;
    if (asks >= 0 && asks < Math.min(7_000, this.users / 2)) {
      const whom = 300 + asks;
      return this.private[whom] === 1 ? [requester, whom] : null;
    }
    return null;
  }

  accepted(follow: number): boolean {
    const followee = at(this.follows.other, follow);
    if (this.private[followee] !== 1) return true;
    if (follow < 100) return true;
    return (
      followee !== privatePerson && at(this.follows.one, follow) !== requester && mixed(follow, 13) % 4 > 0
    );
  }

  get likes(): Pairs {
    return this.once('likes', () =>
      drawPairs(this.users * 15, this.posts, (step) =>
        step < this.many
          ? [scattered(step, this.users), quarrel]
          : [this.busy(step, 14), this.popularPost(skewed(this.posts, 3, step, 15))],
      ),
    );
  }

  /** For likes and comments alike: the first ones are by people that the author blocked. */
  hidden(number: number): boolean {
    return number < this.many || mixed(number, 16) % 1_000 < 2;
  }

  get saves(): Pairs {
    return this.once('saves', () =>
      drawPairs(this.users * 2, this.posts, (step) => [
        step < this.many ? celebrity : this.busy(step, 17),
        this.popularPost(skewed(this.posts, 2, step, 18)),
      ]),
    );
  }

  get blocks(): Pairs {
    return this.once('blocks', () => this.unfriendly(Math.floor(this.users * 0.3), 19));
  }

  /** Whether either of two people blocks the other. */
  apart(one: number, other: number): boolean {
    const { one: blockers, other: blocked, count } = this.blocks;
    const known = this.once('apart', () => {
      const keys = new Set<number>();
      for (let n = 0; n < count; n += 1) keys.add(at(blockers, n) * this.users + at(blocked, n));
      return keys;
    });
    return known.has(one * this.users + other) || known.has(other * this.users + one);
  }

  get mutes(): Pairs {
    return this.once('mutes', () => this.unfriendly(Math.floor(this.users * 0.2), 21));
  }

  private unfriendly(count: number, seed: number): Pairs {
    return drawPairs(count, this.users, (step) => {
      const one = step < this.many ? blocker : this.busy(step, seed);
      const other = step < this.many ? scattered(step, this.users) : skewed(this.users, 2, step, seed + 1);
      return one === other ? null : [one, other];
    });
  }

  get collected(): Pairs {
    return this.once('collected', () =>
      drawPairs(Math.floor(this.users / 2), this.posts, (step) => [
        step < this.many ? 0 : skewed(this.collections, 1.5, step, 23),
        this.popularPost(skewed(this.posts, 2, step, 24)),
      ]),
    );
  }

  /** How many posts each collection holds. */
  get collectedIn(): Int32Array {
    const { one, count } = this.collected;
    return this.once('collectedIn', () => this.tally(this.collections, count, (n) => at(one, n)));
  }

  /** The first fifty are the celebrity's. */
  collectorOf(collection: number): number {
    return collection < 50 ? celebrity : scattered(collection, this.users);
  }

  sessionOwner(session: number): number {
    return session < 50 ? celebrity : session - 50;
  }

  commentPost(comment: number): number {
    return comment < this.many ? quarrel : this.popularPost(skewed(this.posts, 3, comment, 25));
  }

  commentAuthor(comment: number): number {
    return this.busy(comment, 26);
  }

  commentId(comment: number): string {
    return this.ids('comment').text(comment, this.postShard(this.commentPost(comment)));
  }

  /** The root of each comment's thread, or itself. Below the most popular posts all replies stand below the first comment. */
  get roots(): Uint32Array {
    return this.once('roots', () => {
      const longThreads = new Set(Array.from({ length: 20 }, (_, rank) => this.popularPost(rank)));
      const newest = new Int32Array(this.posts).fill(-1);
      return Uint32Array.from({ length: this.comments }, (_, comment) => {
        const post = this.commentPost(comment);
        const above = at(newest, post);
        if (above >= 0 && !this.hidden(comment) && fraction(comment, 27) < 0.3) return above;
        if (!this.hidden(comment) && !(above >= 0 && longThreads.has(post))) newest[post] = comment;
        return comment;
      });
    });
  }

  /** The comment that each comment answers, or itself: its root, or for two in five the newest reply in the thread. */
  get repliesTo(): Uint32Array {
    return this.once('repliesTo', () => {
      const newest = new Int32Array(this.comments).fill(-1);
      return this.roots.map((root, comment) => {
        const above = at(newest, root);
        if (root !== comment) newest[root] = comment;
        return above >= 0 && fraction(comment, 66) < 0.4 ? above : root;
      });
    });
  }

  get commentLikesOf(): Int32Array {
    const { other, count } = this.commentLikes;
    return this.once('commentLikesOf', () => this.tally(this.comments, count, (n) => at(other, n)));
  }

  /** For a root, all replies in its thread; for another comment, those to itself. */
  get repliesOf(): Int32Array {
    const { roots, repliesTo } = this;
    return this.once('repliesOf', () => {
      const counts = new Int32Array(this.comments);
      for (let comment = 0; comment < this.comments; comment += 1)
        for (const above of new Set([at(roots, comment), at(repliesTo, comment)]))
          if (above !== comment) counts[above] = at(counts, above) + 1;
      return counts;
    });
  }

  get commentLikes(): Pairs {
    return this.once('commentLikes', () =>
      drawPairs(this.users * 2, this.comments, (step) => [
        this.busy(step, 28),
        scattered(skewed(this.comments, 2, step, 29), this.comments),
      ]),
    );
  }

  /** The distinct tags of a post's caption. */
  tagsOf(post: number): number[] {
    const count = mixed(post, 30) % 3;
    return [...new Set(Array.from({ length: count }, (_, n) => skewed(this.tags, 2.5, post * 3 + n, 31)))];
  }

  placeOf(post: number): number | null {
    return mixed(post, 32) % 5 === 0 ? skewed(this.places, 2.5, post, 33) : null;
  }

  photosOf(post: number): number {
    return mixed(post, 34) % 10 === 0 ? 3 : 1;
  }

  /** How often each number from 0 to below `length` occurs. */
  private tally(length: number, counted: number, which: (index: number) => number | null): Int32Array {
    const counts = new Int32Array(length);
    for (let index = 0; index < counted; index += 1) {
      const number = which(index);
      if (number !== null) counts[number] = at(counts, number) + 1;
    }
    return counts;
  }

  get followersOf(): Int32Array {
    const { other, count } = this.follows;
    return this.once('followersOf', () =>
      this.tally(this.users, count, (n) => (this.accepted(n) ? at(other, n) : null)),
    );
  }

  get followingOf(): Int32Array {
    const { one, count } = this.follows;
    return this.once('followingOf', () =>
      this.tally(this.users, count, (n) => (this.accepted(n) ? at(one, n) : null)),
    );
  }

  get postsOf(): Int32Array {
    return this.once('postsOf', () =>
      this.tally(this.users, this.posts, (n) => (this.archived(n) ? null : at(this.author, n))),
    );
  }

  get likesOf(): Int32Array {
    const { other, count } = this.likes;
    return this.once('likesOf', () =>
      this.tally(this.posts, count, (n) => (this.hidden(n) ? null : at(other, n))),
    );
  }

  get commentsOf(): Int32Array {
    return this.once('commentsOf', () =>
      this.tally(this.posts, this.comments, (n) => (this.hidden(n) ? null : this.commentPost(n))),
    );
  }

  get tagCounts(): Int32Array {
    return this.once('tagCounts', () => {
      const counts = new Int32Array(this.tags);
      for (let post = 0; post < this.posts; post += 1)
        if (this.counted(post)) for (const tag of this.tagsOf(post)) counts[tag] = at(counts, tag) + 1;
      return counts;
    });
  }

  get placeCounts(): Int32Array {
    return this.once('placeCounts', () =>
      this.tally(this.places, this.posts, (post) => (this.counted(post) ? this.placeOf(post) : null)),
    );
  }

  /** Whether a post counts towards its tags and its place. */
  counted(post: number): boolean {
    return !this.archived(post) && this.private[at(this.author, post)] !== 1;
  }

  audienceOf(user: number): number {
    return at(this.followersOf, user) > celebrated ? 2 : 0;
  }
}
