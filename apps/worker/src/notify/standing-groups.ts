import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { NotificationGroups, NotificationRows, PostRows } from '@app/storage';
import { PeopleGroups } from './people-groups.js';
import { PostGroups } from './post-groups.js';

/** Groups of one person that are looked at when somebody is blocked or muted, newest first. */
const CONCERNED = 500;
const PAGE = 500;

/** Groups that stand already and are worked out anew, because who may be told of what has changed. */
@Injectable()
export class StandingGroups {
  constructor(
    private readonly rows: NotificationRows,
    private readonly groups: NotificationGroups,
    private readonly posts: PostRows,
    private readonly ofPosts: PostGroups,
    private readonly ofPeople: PeopleGroups,
  ) {}

  /** After a block or a mute, or its end: the groups in which the other one is or was. */
  async concerning(user: Id, other: Id): Promise<void> {
    const keys = await this.groups.concerning(user, other, CONCERNED);
    const follows = keys.some((key) => key.startsWith('follow:'));
    if (follows) await this.ofPeople.follows(user);
    for (const key of keys) await this.ofKey(user, key);
  }

  /** A post that is gone takes along what was told of it; one that is hidden or back has all of it worked out anew. */
  async ofPost(post: Id): Promise<void> {
    if (!(await this.posts.find(post))) return this.forgetPost(post);
    let after = '';
    for (;;) {
      const keys = await this.groups.ofPost(post, after, PAGE);
      for (const key of keys) await this.ofKey(post, key);
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
