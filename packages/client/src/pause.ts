const FIRST = 1_000;
const LONGEST = 60_000;

/**
 * Milliseconds before another try: what the server asked for and a random part of it, or a random time below 1 s, 2 s, 4 s and
 * so on, lest all clients come back at once.
 * @param tried how many tries failed, from 1
 */
export function pauseAfter(tried: number, retryAfter: string | null = null): number {
  const asked = Number(retryAfter ?? 0) * 1_000;
  return asked > 0
    ? asked * (1 + Math.random() / 2)
    : Math.random() * Math.min(FIRST * 2 ** (tried - 1), LONGEST);
}

/** Waits; ends early with the signal's reason when that aborts. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
