import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { endProcess, launch } from '../tools/dev/processes.ts';
import { fillFeed } from './feed-data.ts';
import { signUp, type Fixtures } from './fixtures.ts';
import { developedPhoto, NET, processesOf, startFleet } from './fleet.ts';
import { wrk, type Load } from './wrk.ts';
import { interleavedPairs, mebibytes, median, printTable, residentOf } from './measuring.ts';

/**
 * The whole chain (TLS, HAProxy, NGINX, api) beside the api alone, and photos by our NGINX beside a bare one: the cost of
 * checking a signature, logging and routing. Everything runs on this one machine, so the front takes CPU from what is behind
 * it.
 */
const ADDED_P50 = 1.5;
const PHOTOS = 0.9;
const PAIRS = 5;
const SECONDS = 2;
const IDLE = 10_000;

const host = (number: number) => `127.${NET}.0.${number}`;
const BALANCERS = [host(11), host(12)];
const API = `http://${host(31)}:3000`;
const NGINX = `http://${host(21)}:8080`;

/** A reader whose feed has twenty posts, and a developed photo. */
async function prepare(folder: string): Promise<{ headers: Record<string, string>; picture: string }> {
  const { id, headers } = await signUp({ url: API }, 'reader');
  const password = readFileSync(join(folder, 'fleet/secrets/postgres'), 'utf8').trim();
  await fillFeed(`postgres://narwhal:${password}@${host(61)}:5432/narwhal`, { readers: [id] });
  const photo = await developedPhoto(API, headers, 1_600);
  const url = new URL(photo.renditions?.w1080.url ?? '');
  return { headers, picture: `${url.pathname}${url.search}` };
}

const cells = ({ rate, p50, p99 }: Load) => [rate.toFixed(0), p50.toFixed(2), p99.toFixed(2)];

async function beside(
  what: string,
  connections: number,
  ours: string,
  floor: string,
  headers: Record<string, string>,
) {
  const measure = (url: string) => wrk(url, { connections, seconds: SECONDS, people: [headers] });
  await Promise.all([measure(ours), measure(floor)]);
  const pairs = await interleavedPairs(
    PAIRS,
    () => measure(ours),
    () => measure(floor),
  );
  const failed = pairs.reduce((sum, pair) => sum + pair.ours.failed + pair.floor.failed, 0);
  if (failed > 0) throw new Error(`${what}: ${failed} requests failed`);
  const middle = (side: 'ours' | 'floor'): Load => ({
    rate: median(pairs.map((pair) => pair[side].rate)),
    p50: median(pairs.map((pair) => pair[side].p50)),
    p99: median(pairs.map((pair) => pair[side].p99)),
    failed: 0,
  });
  return {
    rows: [
      [`${what}, floor`, String(connections), ...cells(middle('floor'))],
      [`${what}, ours`, String(connections), ...cells(middle('ours'))],
    ],
    ratio: median(pairs.map((pair) => pair.ours.rate / pair.floor.rate)),
    added: median(pairs.map((pair) => pair.ours.p50 - pair.floor.p50)),
  };
}

/** An NGINX with one folder and no rules: the floor of serving a photo. */
async function plainNginx(folder: string, data: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const own = join(folder, 'plain');
  mkdirSync(own);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${own}/${name};`,
  );
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const address = `${host(29)}:8080`;
  writeFileSync(
    join(own, 'nginx.conf'),
    `${user} worker_processes 1; pid ${own}/pid; error_log ${own}/error.log; events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temporary.join(' ')}
server { listen ${address}; root ${data}/objects; } }`,
  );
  const args = ['-e', join(own, 'error.log'), '-c', join(own, 'nginx.conf'), '-g', 'daemon off;'];
  const launched = await launch({ command: 'nginx', args, logFile: join(own, 'output'), cwd: own });
  await sleep(500);
  return {
    url: `http://${address}`,
    stop: () => endProcess(launched, [{ signal: 'SIGTERM', patience: 3_000 }]),
  };
}

const held = (pids: readonly number[]) => ({
  descriptors: pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0),
  memory: pids.reduce((sum, pid) => sum + residentOf(pid), 0),
});

/** Like phones that were used a moment ago: each connection has had one response, and stays open. */
async function idleClients(folder: string): Promise<string[][]> {
  const ca = readFileSync(join(folder, 'fleet/certificate/ca.pem'));
  const pids = processesOf(folder, 'api-');
  const before = held(pids);
  const sockets: TLSSocket[] = [];
  const open = async (index: number) => {
    const socket = connect({ host: BALANCERS[index % 2] ?? '', port: 8443, ca, servername: 'narwhal.test' });
    await once(socket, 'secureConnect');
    socket.write('GET /health/balancer HTTP/1.1\r\nHost: narwhal.test\r\n\r\n');
    await once(socket, 'data');
    sockets.push(socket);
  };
  for (let index = 0; index < IDLE; index += 100)
    await Promise.all(Array.from({ length: 100 }, (_, each) => open(index + each)));
  const during = held(pids);
  for (const socket of sockets) socket.destroy();
  const row = (name: string, { descriptors, memory }: ReturnType<typeof held>) => [
    name,
    String(descriptors),
    mebibytes(memory),
  ];
  return [row('before', before), row(`${IDLE} idle clients`, during)];
}

async function measure(folder: string): Promise<void> {
  const { headers, picture } = await prepare(folder);
  const edge = `https://${BALANCERS[0]}:8443`;
  const single = await beside('a feed page, one at a time', 1, `${edge}/v1/feed`, `${API}/v1/feed`, headers);
  const many = await beside('a feed page, 32 at once', 32, `${edge}/v1/feed`, `${API}/v1/feed`, headers);
  const photo = await beside(
    'a 1080 rendition by the whole chain',
    1,
    `${edge}${picture}`,
    `${API}${picture}`,
    {},
  );
  const plain = await plainNginx(folder, join(folder, 'fleet'));
  const file = picture.replace(/^\/media/, '').replace(/\?.*$/, '');
  const disk = await beside(
    'a 1080 rendition by NGINX',
    16,
    `${NGINX}${picture}`,
    `${plain.url}${file}`,
    // As a balancer sends it: it gives each request its id.
    { 'x-request-id': '0123456789abcdef' },
  ).finally(plain.stop);
  printTable(
    ['', 'connections', 'requests/s', 'p50 ms', 'p99 ms'],
    [single, many, photo, disk].flatMap(({ rows }) => rows),
  );
  console.log('');
  printTable(['three apis', 'descriptors', 'resident'], await idleClients(folder));
  console.log(
    `\nedge: the chain adds ${single.added.toFixed(2)} ms to a feed page at p50 (goal ${ADDED_P50})`,
  );
  console.log(`edge: the chain adds ${photo.added.toFixed(2)} ms to a rendition at p50`);
  console.log(`edge: ratio ${many.ratio.toFixed(2)} of one api's rate, by the chain in front of three`);
  console.log(`edge photos: ratio ${disk.ratio.toFixed(2)} (goal ${PHOTOS})`);
}

export async function run(fixtures: Fixtures): Promise<void> {
  await startFleet(fixtures, '--worker', '1');
  await measure(fixtures.folder);
}
