import { Injectable } from '@nestjs/common';
import type { Id, OutboxKind, outboxKinds } from '@app/platform';
import { Relations } from '@app/domain';
import type { OutboxRow } from '@app/storage';
import { CacheInvalidation } from './cache-invalidation.js';
import { DerivedRows } from './derived-rows.js';
import { Erasure } from './erasure.js';
import { LongWork } from './long-work.js';
import { TrashedPhotos } from './trashed-photos.js';

/** The kinds that run as a whole; those of the `deliver` queue run page by page. */
type EffectKind = {
  [Kind in OutboxKind]: (typeof outboxKinds)[Kind]['job'] extends 'effect' ? Kind : never;
}[OutboxKind];

type Effect = (subjectId: Id, objectId: Id | null) => Promise<void>;

/** All effects by kind. A kind without an effect does not compile. Each may run twice. */
@Injectable()
export class Effects {
  private readonly byKind: Record<EffectKind, Effect>;

  constructor(
    invalidation: CacheInvalidation,
    erasure: Erasure,
    relations: Relations,
    derived: DerivedRows,
    long: LongWork,
    photos: TrashedPhotos,
  ) {
    this.byKind = {
      'post.changed': (id) => invalidation.postChanged(id),
      'post.forget': async (id) => {
        await invalidation.postGone(id);
        await erasure.post(id);
      },
      'user.changed': (id) => invalidation.userChanged(id),
      'suggestions.refresh': (id) => derived.suggestionsFor(id),
      'privacy.changed': (id) => derived.postsOf(id),
      'user.erase': async (id) => {
        await erasure.contentOf(id);
        await relations.endAll(id);
        await erasure.accountOf(id);
        await derived.forgetSuggestionsFor(id);
      },
      'relations.changed': (id) => invalidation.relationsChanged(id),
      'block.changed': (id, object) => relations.settleBlock(id, object ?? '0'),
      'requests.accept': (id) => relations.acceptAll(id),
      'mail.send': (id) => long.sendMail(id),
      'export.make': () => long.wake('export'),
      'import.make': () => long.wake('import'),
      'session.ended': (id) => invalidation.sessionEnded(id),
      'photo.trash': (id) => photos.trash(id),
    };
  }

  async carryOut({ kind, subject_id, object_id }: OutboxRow): Promise<void> {
    const effect = (this.byKind as Partial<Record<OutboxKind, Effect>>)[kind];
    // A newer release wrote this kind: put the row back for a worker of that release.
    if (!effect) throw new Error(`expected an effect that this release knows but received ${kind}`);
    await effect(subject_id, object_id);
  }
}
