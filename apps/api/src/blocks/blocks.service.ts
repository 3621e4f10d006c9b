import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { Blocking, Visibility } from '@app/domain';
import { BlockRows, lockPair, UnitOfWork, UserRows, type Tx, type UserRow } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

type Change = (tx: Tx) => Promise<unknown>;

/** Blocking and muting. Neither notifies the other person. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly blocking: Blocking,
    private readonly rows: BlockRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly work: UnitOfWork,
  ) {}

  /** The caller may also block somebody who blocks them, though they cannot see that person. */
  async block(self: Id, other: Id): Promise<Relationship> {
    return this.change(self, other, [self, other], async (tx) => {
      await this.lockThere(tx, self, other);
      await this.blocking.block(tx, self, other);
    });
  }

  async unblock(self: Id, other: Id): Promise<Relationship> {
    return this.change(self, other, [self, other], (tx) => this.blocking.unblock(tx, self, other));
  }

  async mute(self: Id, other: Id): Promise<Relationship> {
    return this.change(self, other, [self], async (tx) => {
      const target = await this.lockThere(tx, self, other);
      const relation = await this.visibility.relation(self, other, tx);
      if (!this.visibility.maySeeProfile(target, relation)) throw problem('not_found');
      if (await this.rows.mute(self, other, tx)) await tx.effectOn('notify.relation', self, other);
    });
  }

  async unmute(self: Id, other: Id): Promise<Relationship> {
    return this.change(self, other, [self], async (tx) => {
      await lockPair(tx, self, other);
      if (await this.rows.unmute(self, other, tx)) await tx.effectOn('notify.relation', self, other);
    });
  }

  /** Keeps both accounts open until the transaction ends. */
  private async lockThere(tx: Tx, self: Id, other: Id): Promise<UserRow> {
    if (self === other) throw problem('self_not_allowed');
    const [, own, target] = await Promise.all([
      lockPair(tx, self, other),
      this.users.find(self, tx),
      this.users.find(other, tx),
    ]);
    if (!own || own.closed_at !== null) throw problem('session_ended');
    if (!target || target.closed_at !== null) throw problem('not_found');
    return target;
  }

  private async change(self: Id, other: Id, readers: Id[], change: Change): Promise<Relationship> {
    await this.work.run(async (tx) => {
      await change(tx);
      await tx.effect('relations.changed', ...readers);
    });
    return relationshipOf(await this.visibility.relation(self, other));
  }
}
