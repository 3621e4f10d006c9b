import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  answerHelp,
  exitForUsage,
  readArguments,
  UsageError,
  type CommandLine,
} from '../../libs/platform/src/command-line.ts';
import {
  adminLine,
  backupLine,
  doctorLine,
  keysLine,
  migrateLine,
  restoreLine,
  storageLine,
  topLine,
} from '../../apps/cli/src/command-lines.ts';
import { root } from './install.mjs';

/** One command: its line of `npm run help` and its arguments, unless its own program reads them. */
interface Page {
  what: string;
  line?: CommandLine;
}

const settings = `Settings come from the environment, each also as NAME_FILE; docs/settings.md has all of them. The first ones:
  PORT, HOST                where the api listens; 3000 and 127.0.0.1 without them
  PUBLIC_URL                what clients reach it by, where that is another address
  NARWHAL_DATA              the folder of everything that lasts; .narwhal without it
  DATABASE_URL, REDIS_URL   servers of your own, instead of those that are started here
  S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY   photos in S3 instead of on disk`;

/** A command without arguments. */
const bare = (name: string, what: string): Page => ({
  what,
  line: { usage: `usage: npm run ${name}\n\n${what}` },
});

/** A command that takes only `--check`, which changes nothing and exits with 1 when something is stale. */
const checkable = (name: string, what: string): Page => ({
  what,
  line: {
    usage: `usage: npm run ${name} [-- --check]\n\n${what}\n\n  --check   only says what is old`,
    options: { check: { type: 'boolean' } },
  },
});

/** A test suite: Vitest reads its arguments. */
const suite = (what: string): Page => ({ what });

/** Every script of package.json that is a command, in the order of the page. */
const groups: Record<string, Record<string, Page>> = {
  'Run it': {
    up: {
      what: 'PostgreSQL, Redis, api and worker on this machine; Ctrl-C stops them, the data stays',
      line: {
        usage: `usage: npm run up [-- --demo]\n\n  --demo   people, photos and posts to look around in\n\n${settings}`,
        options: { demo: { type: 'boolean' } },
      },
    },
    fleet: { what: 'a whole data centre on this machine: DNS, HAProxy, NGINX, apis, replicas' },
    top: { what: 'the whole system in a terminal, while it runs', line: topLine },
    admin: { what: 'the first admin, synthetic people, a link to the health page', line: adminLine },
    storage: {
      what: 'rows held against their photos; photos moved from one store to another',
      line: storageLine,
    },
    backup: { what: 'a backup of PostgreSQL; list, verify, drill; `up` makes one a day', line: backupLine },
    restore: { what: 'PostgreSQL as it was at a time, in a new folder', line: restoreLine },
    keys: { what: 'each key and password, since when; rotate turns the keys', line: keysLine },
    migrate: {
      what: 'brings the database to the schema of this version; `up` does it by itself',
      line: migrateLine,
    },
    doctor: {
      what: 'what is in the way of a Narwhal on this machine, and what to do about it',
      line: doctorLine,
    },
  },
  'Test it': {
    test: suite('everything but the suites below, which take minutes each'),
    'test:faults': suite('processes, servers and disks that fail under load, and crowds'),
    'test:s3': suite('all that S3 is for, against a real radosgw'),
    'test:backup': suite('backups under load, restores after everything was killed, drills'),
    'test:image': suite('the image in containers, and compose.yaml; needs root'),
    'test:model': suite('random histories with faults, for two minutes'),
    'test:attack': suite('what an attacker would try, and 20,000 requests made from openapi.json'),
    'test:edge': suite('each fault of each part of the fleet under load'),
    'test:watch': suite('every alert caused once, with the real watchers'),
    'test:machine': suite('the package on a machine that boots; needs root'),
    'test:clients': suite('clients generated from openapi.json, and the one to install'),
    'test:aws': suite('infra/aws against CloudFormation and cdk-nag'),
    bench: { what: 'the benchmarks; `npm run bench` lists them' },
  },
  'Change it': {
    setup: bare('setup', 'installs and builds everything, and starts nothing'),
    build: bare('build', 'builds dist/'),
    hops: bare('hops', 'how many files and functions run for one request of the api that runs here'),
    openapi: checkable('openapi', 'writes openapi.json from the code'),
    watching: checkable(
      'watching',
      'writes rules, their tests, dashboard and docs/metrics.md from the catalogue of metrics',
    ),
    audit: bare('audit', 'known vulnerabilities of the packages, with the date, in docs/npm-audit.md'),
    package: {
      what: 'a Debian package in packages/, or an image; docs/install-ubuntu.md and docs/containers.md go on',
      line: {
        usage: `usage: npm run package [-- --image] [--version VERSION] [--output FOLDER] [--arch amd64|arm64] [--quick]

packages/narwhal_<version>_<architecture>.deb

  --image             an image for containers instead: .image.tar.gz
  --version VERSION   instead of the one of package.json
  --output FOLDER     instead of packages/
  --arch NAME         for another machine than this
  --quick             larger, and made in a third of the time`,
        options: {
          image: { type: 'boolean' },
          version: { type: 'string' },
          output: { type: 'string' },
          arch: { type: 'string' },
          quick: { type: 'boolean' },
        },
      },
    },
  },
  'Print what servers are configured with': {
    nginx: { what: "one NGINX's whole configuration" },
    haproxy: { what: "one HAProxy's whole configuration, and its script" },
    patroni: { what: 'a PostgreSQL that fails over by itself: Patroni, etcd, and the way to it' },
    dns: { what: 'the files of PowerDNS; watches the balancers' },
    alerts: { what: 'Prometheus, Alertmanager and the prober, for the places that are named' },
  },
};

/** Scripts of package.json that run third-party programs, or several of the above. */
const others = `  check           format, lint, types, layers, dead code, schema, openapi.json: what has to hold before the tests
  format, lint, types, check:layers, check:dead, check:schema, check:openapi, check:watching, format:check   one of them`;

export const pages: ReadonlyMap<string, Page> = new Map(
  Object.values(groups).flatMap((group) => Object.entries(group)),
);

/** The text of `npm run help`. */
export function overview(): string {
  const sections = Object.entries(groups).map(([title, group]) => {
    const lines = Object.entries(group).map(([name, { what }]) => `  ${name.padEnd(15)} ${what}`);
    return [title, ...lines, ...(title === 'Change it' ? [others] : [])].join('\n');
  });
  return `npm run NAME, and after \`--\` what it takes: \`npm run up -- --demo\`; \`npm run NAME -- --help\` explains one.\n\n${sections.join('\n\n')}`;
}

/** An option's name as Vitest's help spells it: with an optional `--no-` prefix, dashes for capitals, and a dot before nested names. */
const plainName = (option: string): string =>
  option
    .replace(/^--?(no-)?/, '')
    .replace(/[.=].*/s, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Vitest checks its options only after the build and the start of its servers, and then prints a stack. */
function refuseForVitest(args: readonly string[], usage: string): void {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const options = own.filter((argument) => argument.startsWith('-'));
  if (options.length === 0) return;
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const help = spawnSync(process.execPath, [vitest, '--help', '--expand-help'], { encoding: 'utf8' }).stdout;
  const lines = [...help.matchAll(/^ +(?:-(\w), )?(--[\w.-]+)/gm)];
  const known = new Set(lines.flatMap(([, short = '', long = '']) => [short, plainName(long)]));
  const stranger = options.find((option) => !known.has(plainName(option)));
  if (stranger === undefined) return;
  throw new UsageError(
    `expected an option of Vitest but received "${stranger.replace(/=.*/s, '')}"\n\n${usage}`,
  );
}

/** Prints `--help`, and rejects arguments that the command does not know, before anything is built or started. */
export function checkArguments(name: string, args: readonly string[]): void {
  const page = pages.get(name);
  try {
    if (page?.line) readArguments(args, page.line);
    else if (name.startsWith('test')) {
      const usage = `usage: npm run ${name} [-- FILES AND OPTIONS OF VITEST]\n\n${page?.what}\n\n  -t NAME   only tests whose names match\n\n\`npx vitest --help\` has the other options.`;
      answerHelp(args, usage);
      refuseForVitest(args, usage);
    }
  } catch (error) {
    exitForUsage(error);
  }
}
