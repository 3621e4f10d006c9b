import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startApi, type Fixtures, type Serving } from './fixtures.ts';
import { cpuOf, printTable, residentOf } from './measuring.ts';

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
  const api = await startApi(fixtures);
  const [id = '', secret = ''] = (api.settings['TOKEN_KEYS'] ?? '').split(':');
  const file = new URL('../dist/libs/domain/src/accounts/access-tokens.js', import.meta.url).href;
  const { AccessTokens } = (await import(file)) as { AccessTokens: new (config: object) => Tokens };
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id, secret }] });
  const people = await makePeople(api.databaseUrl);
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

export async function run(fixtures: Fixtures): Promise<void> {
  const { api, tokens } = await start(fixtures);
  const fresh = residentOf(api.pid) / 2 ** 20;
  for (const socket of await openAll(api, tokens)) socket.destroy();
  await sleep(IDLE);
  const before = residentOf(api.pid) / 2 ** 20;
  const begun = performance.now();
  const sockets = await openAll(api, tokens);
  const opening = (performance.now() - begun) / 1_000;
  const busy = cpuOf([api.pid]);
  await sleep(IDLE);
  const cpu = ((cpuOf([api.pid]) - busy) / IDLE) * 100;
  const after = residentOf(api.pid) / 2 ** 20;
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
}
