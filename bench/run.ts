import {
  exitForUsage,
  readArgumentsOrExit,
  UsageError,
  type CommandLine,
} from '../libs/platform/src/command-line.ts';
import { build } from '../tools/dev/build.ts';
import { installPackage } from '../tools/dev/install.mjs';
import { Fixtures } from './fixtures.ts';
import { hundredLine, peopleLine, scaleLine } from './command-lines.ts';

/** `npm run bench -- NAME`: each benchmark is a module whose `run()` prints a table and, last, `NAME: ratio R (goal G)`. */
interface Bench {
  run(fixtures: Fixtures, args: readonly string[]): Promise<void>;
}

interface Entry {
  what: string;
  /** The maximum number of arguments, or its options. */
  takes?: number | CommandLine;
  load: () => Promise<Bench>;
}

const benches: Record<string, Entry> = {
  feed: {
    what: 'a page of the home feed, beside a bare Fastify handler that sends constant bytes',
    load: () => import('./feed.ts'),
  },
  answers: {
    what: 'the bytes of what a phone reads most, plain and compressed, in each view, and what they cost',
    load: () => import('./answers.ts'),
  },
  develop: {
    what: 'a 12 MP JPEG to all renditions, beside plain sharp in one process',
    load: () => import('./develop.ts'),
  },
  renditions: {
    what: 'what each rendition weighs, beside sharp’s defaults that are as close to the photo',
    load: () => import('./renditions.ts'),
  },
  fairness: {
    what: 'a 12 MP photo while another account’s 100 of 256 MP wait, beside the same alone; a number: how many',
    takes: 1,
    load: () => import('./fairness.ts'),
  },
  ready: {
    what: 'from an upload’s last byte to ready, through api and queue, beside the pipeline’s own time',
    load: () => import('./ready.ts'),
  },
  ingest: {
    what: 'uploads through one api process, beside a bare Fastify handler that pipes them to the same disk; a word: only such rows',
    takes: 1,
    load: () => import('./ingest.ts'),
  },
  memory: {
    what: 'the memory of a worker and its children over mixed photos up to 48 MP; a number: seconds',
    takes: 1,
    load: () => import('./memory.ts'),
  },
  storage: {
    what: 'storage verify over 200,000 photos, and storage migrate to S3 and back; a number: photos to verify',
    takes: 1,
    load: () => import('./storage.ts'),
  },
  export: {
    what: 'exports of 2,000 and 20,000 posts by a worker, beside yazl alone that puts the same files into a zip',
    load: () => import('./export.ts'),
  },
  streams: {
    what: '5,000 idle streams on one api process, in memory',
    load: () => import('./streams.ts'),
  },
  'large-authors': {
    what: 'a page of the home feed of readers who follow 100 large authors, beside one of readers who follow none',
    load: () => import('./large-authors.ts'),
  },
  people: {
    what: 'every list at a million people: its plans, and how long it takes',
    takes: peopleLine,
    load: () => import('./people/people.ts'),
  },
  watch: {
    what: 'a page of the home feed from an api that is watched, beside one that is not; and what a scrape takes',
    load: () => import('./watch.ts'),
  },
  edge: {
    what: 'the whole chain beside the api alone, photos beside a bare NGINX, 10,000 idle clients',
    load: () => import('./edge.ts'),
  },
  hundred: {
    what: 'what grows with the number of processes: connections, heartbeats, invalidations, watching, a deploy; --instances',
    takes: hundredLine,
    load: () => import('./hundred/hundred.ts'),
  },
  likes: {
    what: 'likes through the whole api, beside pgbench inserting the same rows',
    load: () => import('./likes.ts'),
  },
  follows: {
    what: 'follows of one celebrity at once through the whole api, beside pgbench inserting the same rows',
    load: () => import('./follows.ts'),
  },
  scale: {
    what: 'pages, rebuilds, deliveries and bytes with 10 k, 100 k and 1 M people; --sizes, --write (docs/measurements/scale.md)',
    takes: scaleLine,
    load: () => import('./scale/scale.ts'),
  },
  'fan-out': {
    what: 'one post to 10,000 and to 100,000 feeds, beside as many commands written to one raw socket',
    load: () => import('./fan-out.ts'),
  },
};

const usage = `usage: npm run bench -- NAME\n\n${Object.entries(benches)
  .map(([name, { what }]) => `  ${name.padEnd(15)}${what}`)
  .join('\n')}`;

const [name = '', ...args] = process.argv.slice(2);
const entry = benches[name];
if (name === '') console.log(usage);
else if (!entry) {
  readArgumentsOrExit([name], { usage, words: 1 });
  exitForUsage(new UsageError(`expected one of these but received "${name}"\n\n${usage}`));
} else {
  const { takes = 0 } = entry;
  readArgumentsOrExit(args, typeof takes === 'number' ? { usage, words: takes } : takes);
  // The packages that only benchmarks need.
  await installPackage(import.meta.dirname);
  await build();
  const bench = await entry.load();
  const fixtures = new Fixtures();
  await bench.run(fixtures, args).finally(() => fixtures.close());
  // An api in this process has its own timers, made to run as long as it does.
  process.exit();
}
