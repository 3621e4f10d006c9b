import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asTyped,
  databaseFault,
  isInstalled,
  readArgumentsOrExit,
  readDirectUrl,
  UsageError,
  type Heartbeat,
} from '@app/platform';
import { AuditRows, Database, instanceId, nowhere, openDataSource } from '@app/storage/database';
import { keysLine } from '../command-lines.js';
import { Refused, told } from '../refused.js';
import { fileOf, isRing, listed, notOurs, readRing, rings, secretNames, writeRing } from './places.js';
import type { Ring } from './ring.js';

/** Milliseconds until every process that is there has said what it knows, or is known to be gone: beats come every two seconds. */
const PATIENCE = 12_000;

interface Turning {
  name: (typeof rings)[number];
  file: string;
  ring: Ring;
}

/** The user who typed it, before PostgreSQL is asked as another one. */
const operator = userInfo().username;

const say = (line: string): void => void process.stdout.write(`${asTyped(line)}\n`);

/** PostgreSQL's socket asks who comes: whoever writes the files as root comes as the services do. */
async function inDatabase<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
  const isRoot = isInstalled && process.getuid?.() === 0;
  if (isRoot) process.seteuid?.('narwhal');
  const url = readDirectUrl();
  try {
    const source = await openDataSource({ url, name: 'narwhal-keys' }).catch((error: unknown) => {
      throw new Refused(databaseFault(error, url).text);
    });
    return await work(new Database(source)).finally(() => source.destroy());
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** The processes that live and do not verify by the keys that are to sign. */
async function lacking(database: Database, turnings: readonly Turning[]): Promise<string[]> {
  const living = await database.list<{ facts: Heartbeat }>(
    'keys.living',
    `SELECT facts FROM heartbeats WHERE beaten_at > now() - interval '10 seconds'`,
    [],
  );
  const knows = ({ keys }: Heartbeat) =>
    turnings.every(({ name, ring: { nextMark } }) => nextMark === null || keys?.[name].includes(nextMark));
  return living.flatMap(({ facts }) => (knows(facts) ? [] : [`${facts.kind} ${facts.pid} on ${facts.host}`]));
}

async function untilKnown(database: Database, turnings: readonly Turning[]): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(500)) {
    const ignorant = await lacking(database, turnings);
    if (ignorant.length === 0) return;
    if (Date.now() > end)
      throw new Refused(
        asTyped(
          `The new keys sign nothing yet, since these do not verify by them: ${ignorant.join(', ')}. Bring them there (${turnings.map(({ file }) => file).join(', ')}), restart those, then run this again.`,
        ),
      );
  }
}

async function record(database: Database, names: readonly string[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const name of names)
      await new AuditRows(database).record(tx, 'keys.rotated', instanceId, nowhere, {
        actorId: null,
        name,
        operator,
      });
  });
}

function append(turnings: readonly Turning[]): Turning[] {
  return turnings.map(({ name, file, ring }) => {
    const appended = ring.appended();
    if (appended !== ring) writeRing(file, appended);
    say(`${name}: ${appended.next} waits to sign`);
    return { name, file, ring: appended };
  });
}

/** Records first: a turn that is on the record twice is better than one that is not. */
async function move(turnings: readonly Turning[], { known }: { known: boolean }): Promise<void> {
  const waiting = turnings.filter(({ ring }) => ring.next !== null);
  const stale = waiting.filter(({ ring }) => !ring.isFresh());
  if (stale.length > 0)
    throw new Refused(
      `${stale.map(({ name, ring }) => `${name}: ${ring.next}`).join(', ')} waited for more than a week: run this again without --carried, which appends another, and bring that to all machines.`,
    );
  if (waiting.length === 0) return;
  await inDatabase(async (database) => {
    if (known) await untilKnown(database, waiting);
    await record(
      database,
      waiting.map(({ name }) => name),
    );
  });
  for (const { name, file, ring } of waiting) {
    writeRing(file, ring.moved());
    say(`${name}: ${ring.next} signs, once the processes have started anew`);
  }
}

const RESTART_ALL =
  'Restart all processes, one after the other, and reload NGINX: with these files on every machine.';

/** One step, where Narwhal cannot restart its processes itself; both, where they all stop before any starts. */
async function step(turnings: readonly Turning[], atOnce: boolean): Promise<void> {
  if (atOnce) {
    await move(append(turnings), { known: false });
    say('They hold from the next start on.');
  } else if (turnings.some(({ ring }) => ring.isFresh())) {
    await move(turnings, { known: true });
    say(`${RESTART_ALL} Then it is done.`);
  } else {
    append(turnings);
    say(`${RESTART_ALL} Then run this again.`);
  }
}

function namesOf(words: readonly string[]): string[] {
  for (const name of words) {
    if (!secretNames.includes(name))
      throw new UsageError(`expected one of ${secretNames.join(', ')} but received "${name}"`);
    const reason = notOurs(name);
    if (reason !== null) throw new Refused(reason);
    if (!isRing(name) && !isInstalled)
      throw new Refused(
        `${name} is turned where its server was set up: the package's by narwhal keys rotate ${name}, others as docs/disaster.md says.`,
      );
  }
  return words.length > 0 ? [...words] : [...rings];
}

/** Returns an exit code. `append`, `move` and `record` are the package's, whose /usr/lib/narwhal/keys restarts processes in between. */
export async function run(args: readonly string[]): Promise<number> {
  const { words, values } = readArgumentsOrExit(args, keysLine);
  return told(async () => {
    const [command, ...rest] = words;
    if (command === undefined) {
      say(listed());
      return 0;
    }
    const names = namesOf(rest);
    const turnings = () =>
      names.filter(isRing).map((name) => ({ name, file: fileOf(name), ring: readRing(fileOf(name)) }));
    if (command === 'append') append(turnings());
    else if (command === 'move') await move(turnings(), { known: true });
    else if (command === 'record') await inDatabase((database) => record(database, names));
    else if (command === 'rotate') await step(turnings(), values['at-once'] === true);
    else throw new UsageError(`expected rotate, or no word, but received "${command}"\n\n${keysLine.usage}`);
    return 0;
  });
}
