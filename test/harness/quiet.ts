import { setTimeout as sleep } from 'node:timers/promises';
import { patient } from './pace.js';

const LINE = /^narwhal_pending\{kind="([^"]+)"[^}]*\} (\S+)$/gm;

/** Pending later work, by kind; undefined when the worker cannot be asked. */
export async function pending(metricsUrl: string): Promise<Map<string, number> | undefined> {
  try {
    const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(2_000) });
    const text = await response.text();
    const kinds = [...text.matchAll(LINE)].map(([, kind = '', count]) => [kind, Number(count)] as const);
    return kinds.length > 0 ? new Map(kinds) : undefined;
  } catch {
    return undefined;
  }
}

interface Quiet {
  patience?: number;
  /** Called at each look while effects wait. */
  hurry?: () => void;
  /** Kinds that need not end. */
  except?: readonly string[];
}

/**
 * Waits until no work is pending: every photo settled, every post published or failed, every effect carried out, every delta
 * folded. It reads rows, so it is correct even when a queue has lost its jobs.
 */
export async function untilQuiet(
  metricsUrl: string,
  { patience = 30_000, hurry, except = [] }: Quiet = {},
): Promise<void> {
  const deadline = Date.now() + patient(patience);
  for (;;) {
    const rows = await pending(metricsUrl);
    const waiting = [...(rows ?? [])].filter(([kind, count]) => count > 0 && !except.includes(kind));
    if (rows && waiting.length === 0) return;
    if (waiting.some(([kind]) => kind === 'outbox')) hurry?.();
    if (Date.now() > deadline) {
      const what = rows
        ? waiting.map(([kind, count]) => `${count} ${kind}`).join(', ')
        : `no answer from ${metricsUrl}`;
      throw new Error(
        `expected the system to be quiet within ${patient(patience) / 1000} s but found ${what}`,
      );
    }
    await sleep(50);
  }
}
