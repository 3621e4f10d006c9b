import { Agent, get } from 'node:http';
import { fillAnswers, PHOTOS, POSTS, type Dataset } from './answers-data.ts';
import { startApi, type Fixtures, type Narwhal, type Person } from './fixtures.ts';
import { cpuOf, median, printTable } from './measuring.ts';

/**
 * Measures the answers that a phone reads most: their bytes plain and as they are served to clients that take gzip, and the CPU time of one api
 * process for each. The small views are beside the full ones of the same rows.
 */
const GRID_GOAL = 0.25;
const LINE_GOAL = 700;
const ROUNDS = 5;
const REQUESTS = 200;
const CONNECTIONS = 8;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

interface Answer {
  name: string;
  path: string;
  by: Person;
  goal?: string;
}

const answersOf = ({ author, reader, post }: Dataset): Answer[] => [
  { name: 'home feed', path: '/v1/feed', by: reader },
  { name: 'profile', path: `/v1/users/${author.id}/posts`, by: reader },
  {
    name: 'profile, view=grid',
    path: `/v1/users/${author.id}/posts?view=grid`,
    by: reader,
    goal: `${GRID_GOAL} of the full page`,
  },
  { name: 'notifications', path: '/v1/notifications', by: author },
  {
    name: 'notifications, view=compact',
    path: '/v1/notifications?view=compact',
    by: author,
    goal: `${LINE_GOAL} an item`,
  },
  { name: 'comments', path: `/v1/posts/${post}/comments`, by: reader },
];

/** The body as it comes over the wire. */
function bodyOf(url: string, headers: Record<string, string>): Promise<Buffer> {
  return new Promise((settle, fail) => {
    get(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) settle(Buffer.concat(chunks));
        else fail(new Error(`GET ${url}: ${response.statusCode}`));
      });
    }).on('error', fail);
  });
}

/** Microseconds of CPU for each of many. */
async function costOf({ pid }: Narwhal, url: string, headers: Record<string, string>): Promise<number> {
  const before = cpuOf([pid]);
  let left = REQUESTS;
  const drive = async () => {
    while (left-- > 0) await bodyOf(url, headers);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, drive));
  return ((cpuOf([pid]) - before) * 1_000) / REQUESTS;
}

class Measured {
  plain: Buffer = Buffer.alloc(0);
  gzip: Buffer = Buffer.alloc(0);
  private readonly costs: { plain: number[]; gzip: number[] } = { plain: [], gzip: [] };
  private readonly api: Narwhal;
  readonly answer: Answer;

  constructor(api: Narwhal, answer: Answer) {
    this.api = api;
    this.answer = answer;
  }

  async round(): Promise<void> {
    const { path, by } = this.answer;
    for (const way of ['plain', 'gzip'] as const) {
      const headers = { ...by.headers, ...(way === 'gzip' ? { 'accept-encoding': 'gzip' } : {}) };
      this[way] = await bodyOf(this.api.url + path, headers);
      this.costs[way].push(await costOf(this.api, this.api.url + path, headers));
    }
  }

  get items(): number[] {
    const { items } = JSON.parse(this.plain.toString()) as { items: unknown[] };
    if (items.length !== POSTS)
      throw new Error(`${this.answer.path}: expected 20 items but received ${items.length}`);
    return items.map((item) => Buffer.byteLength(JSON.stringify(item)));
  }

  row(): string[] {
    // The first round only warms up.
    const cost = (way: 'plain' | 'gzip') => median(this.costs[way].slice(1)).toFixed(0);
    const sizes = [this.plain.length, Math.max(...this.items), this.gzip.length].map(String);
    return [this.answer.name, ...sizes, cost('plain'), cost('gzip'), this.answer.goal ?? ''];
  }
}

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const answers = answersOf(await fillAnswers(fixtures, api)).map((answer) => new Measured(api, answer));
  for (let round = 0; round <= ROUNDS; round += 1) for (const answer of answers) await answer.round();
  console.log(
    `pages of ${POSTS}, ${PHOTOS} photos in each post, ${ROUNDS} rounds of ${REQUESTS} over ${CONNECTIONS} connections\n`,
  );
  printTable(
    ['answer', 'bytes', 'largest item', 'gzip', 'CPU µs', 'gzip CPU µs', 'goal'],
    answers.map((answer) => answer.row()),
  );
  const bytesOf = (name: string) => answers.find(({ answer }) => answer.name === name)?.plain.length ?? NaN;
  const ratio = bytesOf('profile, view=grid') / bytesOf('profile');
  console.log(
    `\nanswers: ratio ${ratio.toFixed(3)} (goal ${GRID_GOAL}: the grid of a profile, of its full page)`,
  );
}
