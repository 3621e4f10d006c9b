import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@app/platform';
import type { ApiReply, ApiRequest } from './call.js';

const FIRST_PAUSE = 40;
const LONGEST_PAUSE = 250;

/** The seconds of `Prefer: wait=n` (RFC 7240), at most five; 0 without the header. */
export function waitSecondsOf(request: ApiRequest): number {
  const prefer = [request.headers['prefer'] ?? []].flat().join(',');
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,4})/i.exec(prefer)?.[1];
  return Math.min(Number(seconds ?? 0), limits.wait.most);
}

/** Reads until the thing is settled or the wait is over. Stops reading when the client leaves. */
export async function wait<Thing>(
  request: ApiRequest,
  reply: ApiReply,
  read: () => Promise<Thing>,
  settled: (thing: Thing) => boolean,
): Promise<Thing> {
  const seconds = waitSecondsOf(request);
  const deadline = Date.now() + seconds * 1000;
  let thing = await read();
  for (
    let pause = FIRST_PAUSE;
    !settled(thing) && Date.now() + pause < deadline;
    pause = Math.min(pause * 1.5, LONGEST_PAUSE)
  ) {
    await sleep(pause);
    if (request.raw.socket.destroyed) return thing;
    thing = await read();
  }
  if (seconds > 0) void reply.header('preference-applied', `wait=${seconds}`);
  return thing;
}
