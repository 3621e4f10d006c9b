import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../tools/dev/ports.ts';
import { Fixtures, type Serving } from './fixtures.ts';
import { printTable } from './table.ts';

/**
 * The memory that 5,000 idle stream clients cost one api process. Measured against the same process after as many came and
 * went: what V8 keeps after 5,000 responses (its young generation grows with any traffic) is no cost of a stream, and is
 * shown beside it.
 */
const GOAL = 100;
const STREAMS = 5_000;
/** Concurrent connections: a deploy sends this many back together. */
const AT_ONCE = 50;
/** More than one heartbeat, so that each stream was checked. In milliseconds. */
const IDLE = 25_000;

interface Tokens {
  make(claims: { userId: string; sessionId: string }): { token: string };
}

/** People and their sessions as rows: 5,000 sign-ups would hash passwords for minutes. */
async function makePeople(databaseUrl: string): Promise<{ userId: string; sessionId: string }[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ userId: string; sessionId: string }>(
    `WITH people AS (
       INSERT INTO users (shard, id, username, email, password_hash)
       SELECT shard_of(n.id), n.id, 'u' || n.number, 'u' || n.number, ''
       FROM (SELECT number, next_id((random() * 8191)::int) AS id FROM generate_series(1, $1) number) n RETURNING shard, id)
     INSERT INTO sessions (shard, id, user_id) SELECT shard, next_id(shard), id FROM people
     RETURNING user_id AS "userId", id AS "sessionId"`,
    [STREAMS],
  );
  await client.end();
  return rows;
}

async function start(fixtures: Fixtures): Promise<{ api: Serving; tokens: string[] }> {
  const [databaseUrl, redisUrl] = await Promise.all([fixtures.postgres(), fixtures.redis()]);
  await fixtures.program('migrate', ['dist/apps/cli/src/main.js', 'migrate'], { DATABASE_URL: databaseUrl });
  const secret = randomBytes(32).toString('hex');
  const settings = {
    PORT: String(await freePort()),
    METRICS_ADDR: `127.0.0.1:${await freePort()}`,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    STORAGE_DIR: `${fixtures.folder}/objects`,
    TOKEN_KEYS: `bench:${secret}`,
    MEDIA_KEYS: `bench:${secret}`,
    LOG_LEVEL: 'info',
  };
  const api = await fixtures.serve('api', ['dist/apps/api/src/main.js'], settings, '/health/ready');
  const file = new URL('../dist/libs/domain/src/accounts/access-tokens.js', import.meta.url).href;
  const { AccessTokens } = (await import(file)) as { AccessTokens: new (config: object) => Tokens };
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id: 'bench', secret }] });
  const people = await makePeople(databaseUrl);
  return { api, tokens: people.map((claims) => tokens.make(claims).token) };
}

/** A client that reads and keeps nothing; resolves once the stream has sent its position. */
function openStream(port: number, token: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let head = '';
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      if (head === 'open') return;
      head += bytes.toString('latin1');
      if (!head.includes('\nid: ')) return;
      head = 'open';
      resolve(socket);
    });
    socket.on('close', () => reject(new Error(`expected a stream but received ${head}`)));
    socket.write(`GET /v1/stream HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  });
}

async function openAll({ url }: Serving, tokens: readonly string[]): Promise<Socket[]> {
  const port = Number(new URL(url).port);
  const sockets: Socket[] = [];
  for (let from = 0; from < tokens.length; from += AT_ONCE) {
    const part = tokens.slice(from, from + AT_ONCE);
    sockets.push(...(await Promise.all(part.map((token) => openStream(port, token)))));
  }
  return sockets;
}

const residentOf = ({ pid }: Serving): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;

/** The CPU time that it has used, in seconds. */
function timeOf({ pid }: Serving): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export async function run(): Promise<void> {
  const fixtures = new Fixtures();
  try {
    const { api, tokens } = await start(fixtures);
    const fresh = residentOf(api);
    for (const socket of await openAll(api, tokens)) socket.destroy();
    await sleep(IDLE);
    const before = residentOf(api);
    const begun = performance.now();
    const sockets = await openAll(api, tokens);
    const opening = (performance.now() - begun) / 1_000;
    const busy = timeOf(api);
    await sleep(IDLE);
    const cpu = ((timeOf(api) - busy) / (IDLE / 1_000)) * 100;
    const after = residentOf(api);
    const open = sockets.filter((socket) => !socket.destroyed).length;
    printTable(
      ['', 'streams', 'MB', 'kB a stream', 'opened a second', 'CPU % when idle'],
      [
        ['just started', '0', fresh.toFixed(0), '', '', ''],
        ['5,000 came and went', '0', before.toFixed(0), '', '', ''],
        [
          'idle',
          String(open),
          after.toFixed(0),
          (((after - before) * 1_024) / open).toFixed(1),
          (open / opening).toFixed(0),
          cpu.toFixed(1),
        ],
      ],
    );
    if (open < STREAMS) throw new Error(`${STREAMS - open} streams ended`);
    console.log(`streams: ${(after - before).toFixed(0)} MB (goal ${GOAL})`);
    for (const socket of sockets) socket.destroy();
  } finally {
    await fixtures.close();
  }
}
