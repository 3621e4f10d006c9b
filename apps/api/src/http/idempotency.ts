import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, Problem, type Config, type Id } from '@app/platform';
import { IdempotencyRows, UnitOfWork, type KeyedRequest, type KeptOutcome, type Tx } from '@app/storage';
import type { FastifyRequest } from 'fastify';
import { callOf } from './call.js';
import { fieldFault } from './validation.js';

/** The outcome of a request: its status and the id of the created thing, from which the response is rebuilt. */
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
 * Creates a thing once per key. The key's row is written in the effect's own transaction: either both are there or neither.
 * A second request with the same key waits for the first: in this process if the same one serves it (so that waiting costs
 * no connection), otherwise in the database.
 */
@Injectable()
export class Idempotency {
  private readonly running = new Map<string, Promise<unknown>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: IdempotencyRows,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Runs `make` in a transaction, or returns the outcome of the same earlier request; `fields` must be equal for that. A refusal that
   * `make` returns, rather than throws, is thrown once what it wrote is committed.
   */
  async once(
    request: FastifyRequest,
    fields: unknown,
    make: (tx: Tx) => Promise<Made | Problem>,
  ): Promise<Outcome> {
    const outcome = await this.judged(request, fields, make);
    if (outcome instanceof Problem) throw outcome;
    return outcome;
  }

  /** The outcome of the same earlier request; null when there is none, or no key. */
  async earlier(request: FastifyRequest, fields: unknown): Promise<Outcome | null> {
    if (idempotencyKeyOf(request) === null) return null;
    // Thrown, so that the key's claim is rolled back.
    const none = new Error('expected an earlier request');
    return this.once(request, fields, () => Promise.reject(none)).catch((error: unknown) => {
      if (error === none) return null;
      throw error;
    });
  }

  private async judged(
    request: FastifyRequest,
    fields: unknown,
    make: (tx: Tx) => Promise<Made | Problem>,
  ): Promise<Outcome | Problem> {
    const key = idempotencyKeyOf(request);
    if (key === null) {
      const made = await this.work.run(make);
      return made instanceof Problem ? made : { ...made, repeated: false };
    }
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
      // The first request reports its own failure; this one then takes its turn.
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
    make: (tx: Tx) => Promise<Made | Problem>,
  ): Promise<Outcome | Problem> {
    return this.work.run(async (tx) => {
      const earlier = await this.claim(tx, keyed, prints);
      if (earlier) return repeat(earlier, prints);
      const made = await make(tx);
      if (made instanceof Problem) {
        await this.rows.forget(tx, keyed);
        return made;
      }
      await this.rows.keep(tx, keyed, { status: made.status, madeId: made.id });
      return { ...made, repeated: false };
    });
  }

  /** A lock timeout inside `make` does not mean a request with the same key, so it is refused like any other. */
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

  /** Keyed hashes, since a body may hold a password; one for every key of the ring, since the ring may rotate between two requests. */
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
