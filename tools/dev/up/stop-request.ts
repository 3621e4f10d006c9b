import { say } from '../say.ts';

export interface StopRequest {
  /** Settles when Narwhal is asked to stop. */
  requested: Promise<void>;
  readonly asked: boolean;
  /** Aborted by a second request. */
  hurry: AbortSignal;
}

/** The terminal sends Ctrl-C to the launcher, and so do npm and the process that started it: within this time they count as one. */
const oneKeyPress = 1_000;

/** Handles Ctrl-C, `kill`, and the end of the terminal or of npm. */
export function listenForStop(): StopRequest {
  const hurry = new AbortController();
  let askedAt = 0;
  const requested = new Promise<void>((settle) => {
    const onSignal = () => {
      if (askedAt === 0) {
        askedAt = Date.now();
        say('\nStopping: what is being done is finished first (Ctrl-C again to hurry) ...');
        settle();
      } else if (Date.now() - askedAt > oneKeyPress && !hurry.signal.aborted) {
        say('Hurrying ...');
        hurry.abort();
      }
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  });
  return {
    requested,
    hurry: hurry.signal,
    get asked() {
      return askedAt > 0;
    },
  };
}
