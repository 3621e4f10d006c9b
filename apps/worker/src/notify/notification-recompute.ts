import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import {
  NotificationGroups,
  NotificationRows,
  PostRows,
  UserRows,
  type Entry,
  type KeysPage,
} from '@app/storage';
import { PeopleGroups } from './people-groups.js';
import { PostGroups } from './post-groups.js';

/** Keys, posts or people read at once. */
const PAGE = 500;

/** Recomputes existing groups when their audience has changed. */
@Injectable()
export class NotificationRecompute {
  constructor(
    private readonly rows: NotificationRows,
    private readonly groups: NotificationGroups,
    private readonly posts: PostRows,
    private readonly users: UserRows,
    private readonly ofPosts: PostGroups,
    private readonly ofPeople: PeopleGroups,
  ) {}

  /** After a block or mute begins or ends: recomputes the groups that contain or contained the other person. */
  async concerning(user: Id, other: Id): Promise<void> {
    await this.ofPeople.follows(user);
    await this.each(user, (page) => this.groups.concerning(user, other, page));
  }

  /** After a follow of a private person begins or ends: recomputes the follower's notifications about that person's posts. */
  async belowPostsOf(author: Id, user: Id): Promise<void> {
    if (!(await this.users.find(author))?.private) return;
    await this.each(user, (page) => this.groups.belowPostsOf(author, user, page));
  }

  /** After a person becomes private or public: recomputes other people's notifications about their posts. */
  async ofAuthor(author: Id): Promise<void> {
    let before: Id | null = null;
    do {
      const page: Entry[] = await this.posts.ofAuthor(author, false, { limit: PAGE, before, after: null });
      if (page.length === 0) return;
      const posts = page.map(({ subject }) => subject);
      for (const key of await this.groups.misplaced(author, posts)) await this.ofKey(author, key);
      before = page.at(-1)?.id ?? null;
    } while (before !== null);
  }

  /** Deleting a post deletes its notifications; hiding or restoring a post recomputes them. */
  async ofPost(post: Id): Promise<void> {
    if (!(await this.posts.find(post))) return this.forgetPost(post);
    await this.each(post, (page) => this.groups.ofPost(post, page));
  }

  private async each(user: Id, read: (page: KeysPage) => Promise<string[]>): Promise<void> {
    let after = '';
    for (;;) {
      const keys = await read({ after, limit: PAGE });
      for (const key of keys) await this.ofKey(user, key);
      if (keys.length < PAGE) return;
      after = keys.at(-1) ?? '';
    }
  }

  private async forgetPost(post: Id): Promise<void> {
    for (;;) {
      const users = await this.rows.toldOfPost(post, PAGE);
      for (const user of users) await this.rows.forgetPost(user, post);
      if (users.length === 0) return;
    }
  }

  private async ofKey(user: Id, key: string): Promise<void> {
    const [type, subject = ''] = key.split(':');
    if (type === 'like') await this.ofPosts.likes(subject);
    else if (type === 'comment') await this.ofPosts.commentsOf(subject);
    else if (type === 'reply') await this.ofPosts.replies(subject);
    else if (type === 'comment_like') await this.ofPosts.commentLikes(subject);
    else if (type === 'mention') await this.ofPosts.mentions(subject);
    else if (type === 'request') await this.ofPeople.requests(user);
    else if (type === 'accept') await this.ofPeople.ended(user, subject);
  }
}
