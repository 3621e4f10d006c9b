import type { IncomingMessage } from 'node:http';
import { setTimeout as timer } from 'node:timers';
import { problem } from '@app/platform';

type Event = 'readable' | 'end' | 'error' | 'close';
const events: readonly Event[] = ['readable', 'end', 'error', 'close'];

/**
 * Reads a request's body by pulling. `for await` does not work here: it cannot be left while the sender is silent, and then
 * the rest of the body could not be read and discarded after a refusal.
 */
export class RequestBody {
  constructor(private readonly request: IncomingMessage) {}

  /** The next bytes; `silent` after `patience` milliseconds without any; null at the end. @throws Problem 400 when the connection breaks */
  async next(patience: number): Promise<Buffer | 'silent' | null> {
    const { request } = this;
    const until = Date.now() + patience;
    for (;;) {
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (request.readableEnded || (request.complete && request.readableLength === 0)) return null;
      if (request.destroyed || request.errored) throw problem('body_incomplete', { cause: request.errored });
      const left = until - Date.now();
      if (left <= 0) return 'silent';
      await this.change(left);
    }
  }

  private change(patience: number): Promise<void> {
    const { request } = this;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(waiting);
        for (const event of events) request.off(event, done);
        resolve();
      };
      const waiting = timer(done, patience);
      for (const event of events) request.on(event, done);
    });
  }
}
