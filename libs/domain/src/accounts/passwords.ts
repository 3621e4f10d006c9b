import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { problem } from '@app/platform';

/** argon2id with the parameters of OWASP's cheat sheet (19 MiB, 2 passes, 1 lane): about 30 ms on one core. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash that matches no password, so that an unknown login takes as long as a known one. */
const nobody =
  '$argon2id$v=19$m=19456,t=2,p=1$bmFyd2hhbG5hcndoYWw$AZ1rvbk4Q2kGHs8jSS5SKBWtlTc7B1VR5yWn9Jz7tzk';
/** At one hash per core at a time, this many take about two seconds; more would only time out. */
const QUEUE = 64;

/** Bounded password hashing: at most one hash per core at a time, a short queue, then 503 `busy`. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  async hash(password: string): Promise<string> {
    return this.bounded(() => hash(password.normalize('NFC'), options));
  }

  /** Compares with a stored hash; null stands for an unknown login and takes as long. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const same = await this.bounded(() => verify(stored ?? nobody, password.normalize('NFC')));
    return same && stored !== null;
  }

  private async bounded<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= availableParallelism()) {
      if (this.waiting.length >= QUEUE) {
        throw problem('busy', { params: { retryAfter: 2 }, headers: { 'retry-after': '2' } });
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
