import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzzSeed } from '../harness/env.js';
import { fuzzRequests, operations, type FuzzRequest } from '../harness/fuzz-requests.js';
import { targetsOf } from '../harness/fuzz-targets.js';
import type { Targets } from '../harness/fuzz-values.js';
import { asCurl, judge } from '../harness/fuzz-send.js';
import { patient } from '../harness/pace.js';
import { startStack, type Stack } from '../harness/stack.js';

const REQUESTS = 20_000;
/** Requests under way at once. */
const LANES = 12;
/** Drawn together, so that not all are in memory. */
const BLOCK = 1_000;
/** Different faults that are made short and told. */
const TOLD = 8;

/** Operations that no request of these can succeed with, and why. */
const REFUSED: Record<string, string> = {
  'GET /admin/registrations/{id}':
    'nobody waits: registrations are open here; test/registrations.test.ts tries it',
  'POST /v1/me/passkeys': 'an authenticator signs it; test/passkeys.test.ts tries it in a browser',
  'POST /v1/sessions/passkey': 'as before it',
  'POST /v1/sessions/identity': 'a provider has to sign it; test/identities.test.ts tries it',
  'PUT /v1/me/identities/{provider}': 'as before it',
  'PUT /v1/email/reversals': 'its link takes three mails; test/addresses.test.ts tries it',
  'PUT /v1/me/totp': 'its code is good for a minute; test/second-factor.test.ts tries it',
  'POST /v1/photos/presign':
    'photos are on the disk here; test/s3 tries it with a store that takes them directly',
};

let stack: Stack;
let targets: Targets;

beforeAll(async () => {
  stack = await startStack();
  targets = await targetsOf(stack);
}, patient(120_000));
afterAll(() => stack.stop());

interface Found {
  seed: number;
  path: string;
  sent: FuzzRequest;
  fault: string;
}

/** A name for faults that are the same. */
const kindOf = ({ sent, fault }: Found): string =>
  `${sent.method} ${sent.operation}: ${fault.split('\n')[0]}`;

/** The first fault of each kind, and which operations were answered `well`, of requests that several clients send at once. */
async function faultsOf(
  requests: fc.Arbitrary<FuzzRequest>,
  seed: number,
  well: Map<string, number>,
): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (let first = 0; first < REQUESTS; first += BLOCK) {
    const block = { seed: seed + first, numRuns: BLOCK };
    const drawn = fc.sample(requests, block).entries();
    const lane = async (): Promise<void> => {
      for (const [run, sent] of drawn) {
        const { status, fault } = await judge(stack.url, sent);
        const name = `${sent.method} ${sent.operation}`;
        if (status >= 200 && status < 400) well.set(name, (well.get(name) ?? 0) + 1);
        const one = fault && { seed: block.seed, path: String(run), sent, fault };
        if (one && !found.has(kindOf(one))) found.set(kindOf(one), one);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
  return found;
}

/** The shortest request with the same fault, by itself: what it needed of the others' may be gone. */
async function shortened(requests: fc.Arbitrary<FuzzRequest>, one: Found): Promise<string> {
  let shortest = one.sent;
  const property = fc.asyncProperty(requests, async (sent) => {
    const { fault } = await judge(stack.url, sent);
    if (fault === undefined || kindOf({ ...one, sent, fault }) !== kindOf(one)) return;
    shortest = sent;
    throw new Error(fault);
  });
  const { failed } = await fc.check(property, { seed: one.seed, path: one.path, numRuns: 1 });
  return `${one.fault}${failed ? '' : '\n(not when it was sent again)'}\n${asCurl(stack.url, shortest)}`;
}

test(
  'requests of every kind, made from openapi.json, are answered as it says',
  async () => {
    const seed = fuzzSeed();
    console.log(`the fuzzer: seed ${seed}; FUZZ_SEED=${seed} sends the same requests`);
    const requests = fuzzRequests(targets);
    const { pid } = stack.api;
    const well = new Map<string, number>();
    const began = performance.now();
    const found = await faultsOf(requests, seed, well);
    console.log(`the fuzzer: ${REQUESTS} requests in ${Math.round((performance.now() - began) / 1_000)} s`);
    const told: string[] = [];
    for (const one of [...found.values()].slice(0, TOLD)) told.push(await shortened(requests, one));
    expect(told.join('\n\n'), `${found.size} faults: ${[...found.keys()].join('\n')}`).toBe('');
    // Requests that are all refused would test only the refusals.
    expect(operations.filter((name) => !well.has(name)).toSorted()).toEqual(Object.keys(REFUSED).toSorted());
    expect(await stack.api.isReady()).toBe(true);
    expect(stack.api.pid).toBe(pid);
  },
  patient(240_000),
);
