import { Injectable } from '@nestjs/common';
import { Closing, Sessions } from '@app/domain';
import { Problem, type Id } from '@app/platform';
import type { Tx } from '@app/storage';
import type { ApiRequest } from '../http/call.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { originOf } from '../http/origin.js';
import { UserView } from '../users/user-view.js';

/** Begins the session of a request that signs somebody in or up. */
@Injectable()
export class SessionStart {
  constructor(
    private readonly sessions: Sessions,
    private readonly closing: Closing,
    private readonly view: UserView,
    private readonly idempotency: Idempotency,
  ) {}

  /** The answer to the same earlier request, whose code or token no provider or rule takes again; null for a new one. */
  async repeated(request: ApiRequest, input: unknown) {
    const made = await this.idempotency.earlier(request, input);
    return made && this.answer(made.id, idempotencyKeyOf(request));
  }

  /** `personIn` finds or makes the person; once per Idempotency-Key. */
  async begin(request: ApiRequest, input: unknown, personIn: (tx: Tx) => Promise<Id | Problem>) {
    const idempotencyKey = idempotencyKeyOf(request);
    const device = { ...originOf(request), idempotencyKey };
    const made = await this.idempotency.once(request, input, async (tx) => {
      const person = await personIn(tx);
      // A refusal is returned, not thrown, so that the guess that it counted is committed.
      if (person instanceof Problem) return person;
      await this.closing.undo(tx, person, device);
      return { status: 201, id: await this.sessions.begin(tx, person, device) };
    });
    return this.answer(made.id, idempotencyKey);
  }

  private async answer(sessionId: Id, idempotencyKey: string | null) {
    const { userId, session } = await this.sessions.first(sessionId, idempotencyKey);
    return { user: await this.view.me(userId), session };
  }
}
