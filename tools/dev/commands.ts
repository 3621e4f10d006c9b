import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { build } from './build.ts';
import { childEnvironment, isRoot, readEnvironment } from './env.ts';
import { checkDns, checkPrograms, offerPrograms } from '../fleet/checks.ts';
import { fleet } from '../fleet/main.ts';
import { checkPatroni } from '../fleet/patroni-parts.ts';
import { hops } from './hops.ts';
import { installPackage, root } from './install.mjs';
import { auditCommand } from '../package/audit.ts';
import { packageCommand } from '../package/package.ts';
import { Refusal, say } from './say.ts';
import { ensureProgram, offerBubblewrap, offerFile } from './system-packages.ts';
import { chosenByUp } from './up/check-settings.ts';
import { publishedSettings } from './up/settings.ts';
import { up } from './up/up.ts';

/** Each resolves to an exit code; undefined means 0. */
type Command = (args: string[]) => Promise<number | void>;

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** The commands that `npm run` starts by name. */
export const commands: Record<string, Command> = {
  up,
  fleet,
  setup: async () => {
    await setup();
    say('Everything that Narwhal needs is installed and built.');
  },
  test,
  'test:model': testModel,
  'test:faults': testFaults,
  'test:s3': testS3,
  'test:backup': testBackup,
  'test:image': testImage,
  'test:attack': testAttack,
  'test:edge': testEdge,
  'test:aws': testAws,
  'test:clients': testClients,
  'test:machine': testMachine,
  build: () => build({ always: true }),
  migrate: (args) => runOnServers('apps/cli/src/main.js', ['migrate', ...args]),
  package: packageCommand,
  audit: () => Promise.resolve(auditCommand()),
  doctor: (args) =>
    runWithSettings('apps/cli/src/main.js', ['doctor', ...args], chosenByUp(readEnvironment())),
  storage: (args) => runOnServers('apps/cli/src/main.js', ['storage', ...args]),
  backup: (args) => runOnServers('apps/cli/src/main.js', ['backup', ...args]),
  keys,
  restore: (args) =>
    runWithSettings('apps/cli/src/main.js', ['restore', ...args], chosenByUp(readEnvironment())),
  admin: (args) => runOnServers('apps/cli/src/main.js', ['admin', ...args]),
  // It builds by itself, after it has found what to run.
  bench: (args) => runProgram(process.execPath, [join(root, 'bench', 'run.ts'), ...args]),
  hops,
  haproxy: (args) => runWithSettings('infra/haproxy/main.js', args),
  dns: (args) => runBuilt('infra/dns/main.js', args),
  patroni: (args) => runBuilt('infra/patroni/main.js', args),
  nginx: (args) => runWithSettings('infra/nginx/main.js', args),
  alerts: (args) => runBuilt('infra/alerts/configure.js', args),
  'test:watch': testWatch,
  top,
  watching: (args) => runBuilt('infra/alerts/main.js', args),
  openapi: writeContract,
};

async function setup(): Promise<void> {
  ensureProgram('redis-server', 'redis-server');
  ensureProgram('nginx', 'nginx');
  offerBubblewrap();
  offerPrograms();
  await build();
}

/** Every test except the suites below, which take minutes each. */
async function test(args: string[]): Promise<number> {
  await setup();
  return runTests(['rooms', 'black box'], args);
}

function runTests(projects: readonly string[], args: readonly string[]): Promise<number> {
  const chosen = projects.flatMap((project) => ['--project', project]);
  return runProgram(process.execPath, [vitest, 'run', ...chosen, ...args]);
}

/** Tests everything that uses S3 against a real server: the store's contract, direct uploads, moving between stores. */
async function testS3(args: string[]): Promise<number> {
  ensureS3();
  await setup();
  const chosen = args.some((argument) => !argument.startsWith('-'));
  return runTests(['rooms', 's3'], chosen ? args : ['libs/storage/src/objects', 'test/s3', ...args]);
}

/** Processes and servers that die under load, and crowds. */
async function testFaults(args: string[]): Promise<number> {
  ensureS3();
  await setup();
  return runTests(['faults'], args);
}

/** Backups under load, restores of a Narwhal that was killed, and drills. */
async function testBackup(args: string[]): Promise<number> {
  ensureS3();
  await setup();
  return runTests(['backup'], args);
}

/** The image in containers of its own, which needs root; without it or podman those tests are reported as skipped. */
async function testImage(args: string[]): Promise<number> {
  if (isRoot) {
    for (const program of ['mmdebstrap', 'buildah']) ensureProgram(program, program);
    offerFile('/usr/bin/podman', 'podman');
  }
  await setup();
  return runTests(['image'], args);
}

/** Attempts of an attacker: others' ids, requests made from openapi.json, known attacks. */
async function testAttack(args: string[]): Promise<number> {
  await setup();
  return runTests(['attack'], args);
}

/** Random histories and races, as many as the environment says; `npm test` runs some of them. */
async function testModel(args: string[]): Promise<number> {
  await setup();
  const files = ['test/model.test.ts', 'libs/domain/src/relations/relation-races.spec.ts'];
  return runTests(['rooms', 'black box'], [...files, ...args]);
}

function ensureS3(): void {
  for (const program of ['radosgw', 'ceph-mon', 'ceph-osd']) ensureProgram(program, program);
}

/** Tests the package on a machine that boots, which needs root; without root the tests are reported as skipped. */
async function testMachine(args: string[]): Promise<number> {
  if (isRoot) {
    ensureProgram('debootstrap', 'debootstrap');
    ensureProgram('systemd-nspawn', 'systemd-container');
  }
  await build();
  const config = ['--config', join(root, 'test', 'machine', 'vitest.config.ts')];
  return runProgram(process.execPath, [vitest, 'run', ...config, ...args]);
}

/** Munin, Prometheus, Alertmanager and the prober, by their Debian packages. */
const watchers = {
  'munin-node': 'munin-node',
  'munin-cron': 'munin',
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  'prometheus-blackbox-exporter': 'prometheus-blackbox-exporter',
};

/** Tests monitoring with the real programs: causes every alert once and draws the graphs. */
async function testWatch(args: string[]): Promise<number> {
  for (const [program, packageName] of Object.entries(watchers)) ensureProgram(program, packageName);
  checkDns();
  await setup();
  const config = ['--config', join(root, 'test', 'watch', 'vitest.config.ts')];
  return runProgram(process.execPath, [vitest, 'run', ...config, ...args]);
}

/** Tests the AWS part. Its dependencies are as large as all of Narwhal's, so they are installed only for these tests. */
async function testAws(args: string[]): Promise<number> {
  const folder = join(root, 'infra', 'aws');
  await installPackage(folder);
  const config = ['--config', join(folder, 'vitest.config.ts')];
  return runProgram(process.execPath, [vitest, 'run', ...config, ...args]);
}

/** Tests clients that others generate from openapi.json, and ours as a stranger installs it. Their tools are installed only for that. */
async function testClients(args: string[]): Promise<number> {
  await setup();
  offerFile('/usr/bin/chromium', 'chromium');
  offerFile('/usr/bin/java', 'default-jre-headless');
  await installPackage(join(root, 'test', 'clients'));
  return runProgram(process.execPath, [vitest, 'run', '--config', 'test/clients/vitest.config.ts', ...args]);
}

/** Tests every fault of every part of the edge under load, and deploys, on its own fleet. */
async function testEdge(args: string[]): Promise<number> {
  checkPrograms();
  offerPrograms(checkPatroni);
  await build();
  return runProgram(process.execPath, [vitest, 'run', '--config', 'test/edge/vitest.config.ts', ...args]);
}

/** The live view, by default of the Narwhal that runs here. */
async function top(args: string[]): Promise<number> {
  const running = publishedSettings(readEnvironment().dataFolder)?.['METRICS_ADDR'];
  const named = args.some((argument) => !argument.startsWith('--'));
  return runBuilt('apps/cli/src/main.js', ['top', ...(named || !running ? args : [running, ...args])]);
}

/** openapi.json from the code, and the types of packages/client from that. */
async function writeContract(args: string[]): Promise<number> {
  const failed = await runBuilt('apps/api/src/openapi/write.js', args);
  if (failed) return failed;
  const types = join(root, 'node_modules', 'openapi-typescript', 'bin', 'cli.js');
  return runProgram(process.execPath, [
    types,
    'openapi.json',
    '-o',
    'packages/client/src/contract.ts',
    ...args,
  ]);
}

async function runBuilt(program: string, args: string[]): Promise<number> {
  await build();
  return runProgram(process.execPath, [join(root, 'dist', program), ...args]);
}

/** Keys are changed where `up` keeps them; its processes all stop before any starts again. */
async function keys(args: string[]): Promise<number> {
  const { dataFolder, isSet } = readEnvironment();
  const own = publishedSettings(dataFolder) && !isSet('TOKEN_KEYS') && !isSet('MEDIA_KEYS');
  if (!own) return runOnServers('apps/cli/src/main.js', ['keys', ...args]);
  const file = (name: string) => join(dataFolder, 'secrets', name);
  const files = {
    TOKEN_KEYS: '',
    TOKEN_KEYS_FILE: file('token-keys'),
    MEDIA_KEYS: '',
    MEDIA_KEYS_FILE: file('media-keys'),
  };
  const atOnce = args[0] === 'rotate' ? ['--at-once'] : [];
  return runWithSettings('apps/cli/src/main.js', ['keys', ...args, ...atOnce], {}, files);
}

/** Runs a program of the build against the servers of the environment, else those of the Narwhal that runs here. */
async function runOnServers(program: string, args: string[]): Promise<number> {
  const { dataFolder, isSet } = readEnvironment();
  const settings = publishedSettings(dataFolder);
  if (!settings && !isSet('DATABASE_URL')) {
    throw new Refusal(`No Narwhal runs on ${dataFolder}. Start it with \`npm run up\`, or set DATABASE_URL.`);
  }
  return runWithSettings(program, args);
}

/** Runs a program of the build with the environment's settings; the rest come from the Narwhal that runs here, if any. */
async function runWithSettings(
  program: string,
  args: string[],
  otherwise: Record<string, string> = {},
  more: Record<string, string> = {},
): Promise<number> {
  const { dataFolder, isSet } = readEnvironment();
  await build();
  // Another PostgreSQL's tables are not reached by the owner of those here.
  const ofOther = (name: string) => name === 'DATABASE_DIRECT_URL' && isSet('DATABASE_URL');
  const missing = Object.entries(publishedSettings(dataFolder) ?? otherwise).filter(
    ([name]) => !isSet(name.replace(/_FILE$/, '')) && !ofOther(name),
  );
  const told = { ...Object.fromEntries(missing), ...more };
  return runProgram(process.execPath, [join(root, 'dist', program), ...args], told);
}

/** Runs a program in the foreground, passes signals on, and resolves to its exit code. */
function runProgram(command: string, args: string[], settings: Record<string, string> = {}): Promise<number> {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, { stdio: 'inherit', env: childEnvironment(settings) });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
    child.on('error', fail);
    child.on('exit', (code, signal) => settle(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
