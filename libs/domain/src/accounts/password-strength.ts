import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { limits, problem } from '@app/platform';
import { BoundedWork } from './bounded-work.js';
import type { Judged, Judgement } from './password-strength-thread.js';

/** Facts about a password's owner that others may know. */
export interface PasswordOwner {
  username: string;
  email: string;
  displayName: string | null;
}

/** Beside this file in the build; specs run from source, which Node reads directly. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const THREAD = new URL(`./password-strength-thread.${extension}`, import.meta.url);
/** The longest take 80 ms each: a full queue takes about two seconds. */
const QUEUE = 24;
/** Of 4. */
const REQUIRED = 3;

/**
 * Judges new passwords by how many guesses they take. On a thread, begun by the first sign-up: reading the lists of words
 * takes half a second to one and 60 MB, and judging up to 80 ms, in which the event loop would serve nobody.
 */
@Injectable()
export class PasswordStrength {
  private thread: Worker | null = null;
  private readonly turns = new BoundedWork({ atOnce: 1, queue: QUEUE });

  /** @throws Problem 422 `password_too_weak`, which says why; 503 `busy` */
  async assert(password: string, owner: PasswordOwner, hasSession = false): Promise<void> {
    const characters = [...password.normalize('NFC')];
    // The rest could only make it stronger, and cost more to judge.
    const judged = { password: characters.slice(0, 100).join(''), known: wordsOf(owner) };
    const { score, advice } = await this.turns.run(() => this.judge(judged), hasSession);
    const isShort = characters.length < limits.user.passwordMin;
    if (score >= REQUIRED && !isShort) return;
    const length = `It has ${characters.length} characters, and needs at least ${limits.user.passwordMin}.`;
    const reason = (isShort ? [length, ...advice] : advice).join(' ');
    throw problem('password_too_weak', { params: { score, required: REQUIRED, reason } });
  }

  private async judge(judged: Judged): Promise<Judgement> {
    const thread = (this.thread ??= this.begin());
    thread.ref();
    try {
      const answer = once(thread, 'message') as Promise<[Judgement]>;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage(judged);
      const [judgement] = await answer;
      return judgement;
    } finally {
      thread.unref();
    }
  }

  /** A thread that ends refuses the password that it was judging, and the next begins another. */
  private begin(): Worker {
    const thread = new Worker(THREAD, {
      name: 'passwords',
      // The lists take 40 MB. Without a limit, garbage doubles what the process takes.
      resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 },
    });
    const drop = () => {
      if (this.thread === thread) this.thread = null;
    };
    return thread.on('error', drop).on('exit', drop);
  }
}

/** Names and address as they are, in parts, and without what is between them: a password of these is guessed first. */
function wordsOf({ username, email, displayName }: PasswordOwner): string[] {
  const words = [username, email, displayName ?? ''].flatMap((text) => {
    const parts = text.split(/[^\p{L}\p{N}]+/u);
    return [text, parts.join(''), ...parts];
  });
  return [...new Set(words)].filter((word) => word.length > 2);
}
