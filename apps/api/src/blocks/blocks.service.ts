import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import { Blocking, BlockRows, UnitOfWork, UserRows, Visibility, type Tx } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

type Change = (tx: Tx) => Promise<unknown>;

/** Blocking and muting. Neither tells the other person. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly blocking: Blocking,
    private readonly rows: BlockRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly work: UnitOfWork,
  ) {}

  /** Somebody who blocked oneself can be blocked, too, though not seen. */
  async block(self: Id, other: Id): Promise<Relationship> {
    await this.assertThere(self, other);
    return this.change(self, other, (tx) => this.blocking.block(tx, self, other), [self, other]);
  }

  async unblock(self: Id, other: Id): Promise<Relationship> {
    if (!isId(other)) throw problem('not_found');
    return this.change(self, other, (tx) => this.blocking.unblock(tx, self, other), [self, other]);
  }

  async mute(self: Id, other: Id): Promise<Relationship> {
    const target = await this.assertThere(self, other);
    const relation = await this.visibility.relation(self, other);
    if (!this.visibility.maySeeProfile(target, relation)) throw problem('not_found');
    return this.change(self, other, (tx) => this.muted(tx, self, other, true), [self]);
  }

  async unmute(self: Id, other: Id): Promise<Relationship> {
    if (!isId(other)) throw problem('not_found');
    return this.change(self, other, (tx) => this.muted(tx, self, other, false), [self]);
  }

  private async muted(tx: Tx, self: Id, other: Id, muted: boolean): Promise<void> {
    const changed = await (muted ? this.rows.mute(self, other, tx) : this.rows.unmute(self, other, tx));
    if (changed) await tx.effectOn('notify.relation', self, other);
  }

  private async assertThere(self: Id, other: Id) {
    if (self === other) throw problem('self_not_allowed');
    const target = isId(other) ? await this.users.find(other) : null;
    if (!target || target.closed_at !== null) throw problem('not_found');
    return target;
  }

  private async change(self: Id, other: Id, change: Change, readers: Id[]): Promise<Relationship> {
    await this.work.run(async (tx) => {
      await change(tx);
      await tx.effect('relations.changed', ...readers);
    });
    return relationshipOf(await this.visibility.relation(self, other));
  }
}
