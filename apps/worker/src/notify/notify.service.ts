import { Injectable } from '@nestjs/common';
import { JobSender, type Id, type Jobs, type NotifyKind } from '@app/platform';
import { OutboxRows } from '@app/storage';
import { PeopleGroups } from './people-groups.js';
import { PostGroups } from './post-groups.js';
import { NotificationRecompute } from './notification-recompute.js';

type Work = (subject: Id, objects: readonly Id[]) => Promise<void>;

/**
 * Carries out all outbox rows of one kind and subject at once: sees everything written before it begins, and ends only
 * those rows. A thousand likes a second on one post are one notification, computed about once a second.
 */
@Injectable()
export class NotifyService {
  private readonly byKind: Record<NotifyKind, Work>;

  constructor(
    private readonly outbox: OutboxRows,
    private readonly jobs: JobSender,
    ofPosts: PostGroups,
    ofPeople: PeopleGroups,
    recompute: NotificationRecompute,
  ) {
    const each = (work: (subject: Id, object: Id) => Promise<void>): Work => {
      return async (subject, objects) => {
        for (const object of objects) await work(subject, object);
      };
    };
    this.byKind = {
      'notify.likes': (post) => ofPosts.likes(post),
      'notify.comments': (post) => ofPosts.commentsOf(post),
      'notify.replies': (comment) => ofPosts.replies(comment),
      'notify.commentLikes': (comment) => ofPosts.commentLikes(comment),
      'notify.mentions': (source) => ofPosts.mentions(source),
      'notify.follows': (user) => ofPeople.follows(user),
      'notify.requests': (user) => ofPeople.requests(user),
      'notify.accepted': each(async (follower, by) => {
        await ofPeople.accepted(follower, by);
        await recompute.belowPostsOf(by, follower);
      }),
      'notify.ended': each(async (follower, followee) => {
        await ofPeople.ended(follower, followee);
        await recompute.belowPostsOf(followee, follower);
      }),
      'notify.relation': each((user, other) => recompute.concerning(user, other)),
      'notify.post': (post) => recompute.ofPost(post),
      'notify.privacy': (author) => recompute.ofAuthor(author),
    };
  }

  async run({ kind, subjectId, again }: Jobs['notify']): Promise<void> {
    const rows = await this.outbox.gathered(kind, subjectId);
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    const objects = new Set(rows.flatMap(({ object_id }) => object_id ?? []));
    try {
      await this.byKind[kind](subjectId, [...objects]);
    } catch (error) {
      await this.outbox.failedAll(subjectId, ids, String(error));
      throw error;
    }
    await this.outbox.doneAll(subjectId, ids);
    // Newer rows sent a job with this one's name, which was dropped while this one runs.
    if ((await this.outbox.gathered(kind, subjectId)).length === 0) return;
    this.jobs.send('notify', again ? { kind, subjectId } : { kind, subjectId, again: true });
  }
}
