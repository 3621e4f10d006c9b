import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dataOf } from '../../packages/client/src/index.ts';
import { signIn } from './demo/sign-in.ts';
import { readEnvironment } from './env.ts';
import { root } from './install.mjs';
import { Refusal, say } from './say.ts';
import { publishedSettings } from './up/settings.ts';

/** The number of requests: code that runs in each of them belongs to the request, the rest to a timer or to a first time. */
const TIMES = 12;

interface Coverage {
  url: string;
  functions: { functionName: string; ranges: { count: number; startOffset: number }[] }[];
}

/** The inspector of a process, which opens on SIGUSR1 (nodejs.org, "Debugging"). */
class Inspector {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (result: unknown) => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.waiting.get(id)?.(result);
    });
  }

  static async of(pid: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    for (let tries = 0; tries < 50; tries += 1) {
      await sleep(100);
      const list = await fetch('http://127.0.0.1:9229/json/list').catch(() => undefined);
      const [target] = ((await list?.json()) ?? []) as { webSocketDebuggerUrl: string }[];
      if (!target) continue;
      const socket = new WebSocket(target.webSocketDebuggerUrl);
      await new Promise((settle, fail) => {
        socket.addEventListener('open', settle);
        socket.addEventListener('error', fail);
      });
      return new Inspector(socket);
    }
    throw new Refusal(
      `The inspector of process ${pid} did not open on port 9229: something else may have it.`,
    );
  }

  ask<Result>(method: string, params: object = {}): Promise<Result> {
    const id = this.waiting.size + 1;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((settle) => this.waiting.set(id, settle as (result: unknown) => void));
  }

  close(): void {
    this.socket.close();
  }
}

const linesOf = (file: string): number => readFileSync(join(root, file), 'utf8').split('\n').length - 1;

/** The project's functions that ran at each of `TIMES` requests. */
async function measure(inspector: Inspector, request: (time: number) => Promise<unknown>): Promise<string[]> {
  await request(-1);
  await inspector.ask('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  for (let time = 0; time < TIMES; time += 1) await request(time);
  const { result } = await inspector.ask<{ result: Coverage[] }>('Profiler.takePreciseCoverage');
  await inspector.ask('Profiler.stopPreciseCoverage');
  const files = result.flatMap(({ url, functions }) => {
    const [, file] =
      /\/dist\/((?:apps|libs)\/.*)\.js$/.exec(url.startsWith('file:') ? fileURLToPath(url) : '') ?? [];
    const ran = functions.filter(
      ({ ranges: [range] }) => (range?.count ?? 0) >= TIMES && range?.startOffset !== 0,
    );
    return file && ran.length > 0 ? [{ lines: linesOf(`${file}.ts`), functions: ran.length }] : [];
  });
  const sum = (key: 'lines' | 'functions') => files.reduce((total, one) => total + one[key], 0);
  return [files.length, sum('functions'), sum('lines')].map(String);
}

async function apiOf(settings: Record<string, string>): Promise<number> {
  const answer = await fetch(`http://${settings['METRICS_ADDR']}/health`);
  const { processes } = (await answer.json()) as {
    processes: { kind: string; pid: number; living: boolean }[];
  };
  const api = processes.find(({ kind, living }) => kind === 'api' && living);
  if (!api) throw new Refusal('No api answers.');
  return api.pid;
}

const at = (post: { id: string } | undefined) => ({ params: { path: { id: post?.id ?? '' } } });

/** `npm run hops`: how much of the project runs for one request of the api that runs here, by V8's precise coverage. */
export async function hops(): Promise<void> {
  const { dataFolder } = readEnvironment();
  const settings = publishedSettings(dataFolder);
  if (!settings) throw new Refusal(`No Narwhal runs on ${dataFolder}. Start it with \`npm run up\`.`);
  const url = `http://${settings['HOST']}:${settings['PORT']}`;
  const username = `hops${randomBytes(5).toString('hex')}`;
  const person = { username, displayName: '', bio: '' };
  const { api } = (await signIn(url, person, randomBytes(9).toString('hex'))).client;
  const jpeg = readFileSync(join(root, 'test/fixtures/formats/jpeg-8.jpg'));
  const upload = async (): Promise<{ id: string }> => {
    const form = new FormData();
    // Identical bytes would be the same photo.
    form.append('file', new Blob([jpeg, randomBytes(8)]), 'photo.jpg');
    const params = { header: { Prefer: 'wait=5' } };
    return dataOf(api.POST('/v1/photos', { params, body: form as never }));
  };
  const photos: string[] = [];
  for (let count = 0; count <= TIMES; count += 1) photos.push((await upload()).id);
  const posts: { id: string }[] = [];
  const inspector = await Inspector.of(await apiOf(settings));
  await inspector.ask('Profiler.enable');
  const rows: Record<string, (time: number) => Promise<unknown>> = {
    'create a post': async (time) => {
      const body = { photoIds: [photos[time + 1] ?? ''], caption: 'Wrapped in fog' };
      posts.push(await dataOf(api.POST('/v1/posts', { body })));
    },
    'read the feed': () => dataOf(api.GET('/v1/feed')),
    like: (time) => dataOf(api.PUT('/v1/posts/{id}/like', at(posts[time + 1]))),
    comment: (time) =>
      dataOf(api.POST('/v1/posts/{id}/comments', { ...at(posts[0]), body: { text: `Number ${time}` } })),
    upload,
  };
  say(
    `${'request'.padEnd(16)}${['files', 'functions', 'lines of them'].map((name) => name.padStart(15)).join('')}`,
  );
  for (const [name, request] of Object.entries(rows))
    say(
      `${name.padEnd(16)}${(await measure(inspector, request)).map((count) => count.padStart(15)).join('')}`,
    );
  inspector.close();
}
