import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, type Config, type Id } from '@app/platform';
import { IdempotencyRows, UnitOfWork, type KeyedRequest, type KeptOutcome, type Tx } from '@app/storage';
import type { FastifyRequest } from 'fastify';
import { callOf } from './call.js';
import { fieldFault } from './validation.js';

/** What a request made: the status of its answer and the id of the thing, from which the answer is built anew. */
export interface Made {
  status: number;
  id: Id;
}

export type Outcome = Made & { repeated: boolean };

const lockTimeout = '55P03';

/** The Idempotency-Key of a request, or null. @throws Problem 422 when it is malformed */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[A-Za-z0-9_-]{16,64}$/.test(key)) {
    throw fieldFault({
      parameter: 'Idempotency-Key',
      code: 'wrong_format',
      params: { expected: '16-64 of [A-Za-z0-9_-]' },
    });
  }
  return key;
}

/**
 * Makes a thing once a key. The key's row stands in the effect's own transaction: either both are there or neither. A
 * second request with the same key waits for the first, here for one of the same process (so that waiting costs no
 * connection), in the database for one of another.
 */
@Injectable()
export class Idempotency {
  private readonly running = new Map<string, Promise<unknown>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: IdempotencyRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Runs `make` in a transaction, or answers what the same request made before; `fields` are what must be the same. */
  async once(request: FastifyRequest, fields: unknown, make: (tx: Tx) => Promise<Made>): Promise<Outcome> {
    const key = idempotencyKeyOf(request);
    if (key === null) return { ...(await this.work.run(make)), repeated: false };
    const path = request.url.split('?')[0] ?? '';
    const keyed = { callerId: callOf(request).caller?.userId ?? '0', path, key };
    const name = Object.values(keyed).join(' ');
    await this.turn(name);
    const attempt = this.attempt(keyed, this.fingerprints(fields), make);
    this.running.set(name, attempt);
    try {
      return await attempt;
    } finally {
      if (this.running.get(name) === attempt) this.running.delete(name);
    }
  }

  private async turn(name: string): Promise<void> {
    const deadline = Date.now() + limits.idempotency.waitSeconds * 1000;
    for (let first = this.running.get(name); first; first = this.running.get(name)) {
      const left = deadline - Date.now();
      if (left <= 0) throw problem('idempotency_in_progress', { headers: { 'retry-after': '1' } });
      let timer: NodeJS.Timeout | undefined;
      // Its failure is answered to its own request; this one takes its turn.
      await Promise.race([
        first.catch(() => undefined),
        new Promise((resolve) => {
          timer = setTimeout(resolve, left);
        }),
      ]);
      clearTimeout(timer);
    }
  }

  private async attempt(
    keyed: KeyedRequest,
    prints: Buffer[],
    make: (tx: Tx) => Promise<Made>,
  ): Promise<Outcome> {
    return this.work.run(async (tx) => {
      const earlier = await this.claim(tx, keyed, prints);
      if (earlier) return repeat(earlier, prints);
      const made = await make(tx);
      await this.rows.keep(tx, keyed, { status: made.status, madeId: made.id });
      return { ...made, repeated: false };
    });
  }

  /** Another lock that `make` does not get in time is no request with the same key, and is refused as any other. */
  private async claim(
    tx: Tx,
    keyed: KeyedRequest,
    [print = Buffer.alloc(0)]: Buffer[],
  ): Promise<KeptOutcome | null> {
    try {
      return await this.rows.claim(tx, keyed, print, limits.idempotency);
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockTimeout) throw error;
      throw problem('idempotency_in_progress', { cause: error, headers: { 'retry-after': '1' } });
    }
  }

  /** Keyed, since a body may hold a password; under every key of the ring, since the ring may have turned in between. */
  private fingerprints(fields: unknown): Buffer[] {
    const text = JSON.stringify(fields);
    return this.config.TOKEN_KEYS.map(({ secret }) =>
      createHmac('sha256', secret).update(`fingerprint ${text}`).digest(),
    );
  }
}

function repeat(earlier: KeptOutcome, prints: Buffer[]): Outcome {
  if (!prints.some((print) => print.equals(earlier.fingerprint))) throw problem('idempotency_key_reused');
  if (earlier.status === null || earlier.made_id === null) throw problem('idempotency_in_progress');
  return { status: earlier.status, id: earlier.made_id, repeated: true };
}
