import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { findWall } from '@app/images';
import { isInstalled, portFault, settingNames, type Config } from '@app/platform';
import { fault, ok, warning, type Finding } from './finding.js';

const run = promisify(execFile);

/** The output of a system program; empty when it is missing or fails. */
async function output(program: string, args: string[]): Promise<string> {
  // Empty, as documented above.
  return run(program, args, { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

/** An interrupted installation leaves the package half installed, which dpkg records. */
export async function installation(): Promise<Finding[]> {
  const state = (
    await output('dpkg-query', ['-W', '-f=${db:Status-Status} ${Version} ${Architecture}', 'narwhal'])
  ).trim();
  if (state === '') return [];
  const [status, version, architecture] = state.split(' ');
  const own = (await output('dpkg', ['--print-architecture'])).trim();
  if (architecture !== own) {
    return [
      fault(
        `This package is for ${architecture}, and this machine is ${own}: install narwhal_${version}_${own}.deb.`,
      ),
    ];
  }
  if (status === 'installed') return [ok(`narwhal ${version}, installed whole`)];
  const mend = 'sudo dpkg --configure -a; if that fails, sudo apt-get install --reinstall ./narwhal_*.deb';
  return [fault(`The installation of narwhal ${version} was interrupted (${status}): run "${mend}".`)];
}

/** Tries what a worker tries when it starts. */
export async function decoderWall(): Promise<Finding[]> {
  const { loss } = await findWall();
  if (!loss) return [ok('photos are opened behind a wall')];
  const mend = 'install bubblewrap (apt-get install bubblewrap), and allow user namespaces if it is refused';
  return [warning(`A worker of this machine ${loss}: ${mend}.`)];
}

/** Files are for trying it out: where strangers come, a forgotten password needs a mail that arrives. */
export function mails({ SMTP_URL, publicUrl }: Pick<Config, 'SMTP_URL' | 'publicUrl'>): Finding[] {
  const isHere = /^(localhost|127\.|\[::1\])/.test(new URL(publicUrl).hostname);
  if (SMTP_URL !== undefined || isHere) return [];
  return [warning('Mails go into files, so nobody gets one: set SMTP_URL (docs/accounts.md).')];
}

/** The last release whose `etcd3` loses confirmed writes: a primary that hung takes the lead back when it wakes. */
const UNSAFE = [3, 0, 2];

function isUnsafe(release: string): boolean {
  const numbers = release.split('.').map((each) => parseInt(each, 10));
  const [own = 0, last = 0] =
    UNSAFE.map((each, at) => [numbers[at] ?? 0, each] as const).find(([a, b]) => a !== b) ?? [];
  return own <= last;
}

/** Patroni's settings, where this machine is a node of a PostgreSQL that fails over by itself. */
export async function patroni(folder = '/etc/patroni', release?: string): Promise<Finding[]> {
  // Without the folder there is no Patroni.
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.yml'));
  const found = await Promise.all(
    names.map(async (name): Promise<Finding | null> => {
      const file = join(folder, name);
      // Said in a sentence, just below.
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text === null) return warning(`${file} cannot be read, and so not be checked: run this with sudo.`);
      if (!/^\s*"?etcd3"?\s*:/m.test(text)) return null;
      const version = release ?? (await output('dpkg-query', ['-W', '-f=${Version}', 'patroni']));
      if (!isUnsafe(version)) return null;
      return fault(
        `${file} says etcd3, by which Patroni ${version} loses confirmed writes when a primary hangs: say etcd, and start etcd with ETCD_ENABLE_V2=true; or install a newer Patroni.`,
      );
    }),
  );
  return found.filter((each) => each !== null);
}

type Answer = 'narwhal' | 'stranger' | 'nobody';

async function whoAnswers(host: string, number: number): Promise<Answer> {
  try {
    const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${number}/health/ready`;
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000), redirect: 'manual' });
    const body = (await response.text()).slice(0, 100_000);
    return /^\{"(ok|status)":/.test(body) ? 'narwhal' : 'stranger';
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    return cause?.code === 'ECONNREFUSED' ? 'nobody' : 'stranger';
  }
}

async function canListen(port: number, host: string): Promise<string | null> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => settle(null)));
  });
}

async function holderOf(port: number): Promise<string> {
  const found = await output('ss', ['-Hltnp', `sport = :${port}`]);
  const [, name, pid] = /\("([^"]+)",pid=(\d+)/.exec(found) ?? [];
  return name ? `${name} (process ${pid})` : 'another program';
}

const stopped = (unit: string): Finding =>
  fault(`${unit} does not run: "sudo systemctl start ${unit}"; "journalctl -u ${unit}" says why it stopped.`);

/** Checks the program on a port: the expected one, another one, or none. `unit` is the systemd unit to start, if there is one. */
async function port(number: number, host: string, unit: string | null): Promise<Finding> {
  const name = unit ?? 'the api';
  const answer = await whoAnswers(host, number);
  if (answer === 'narwhal') return ok(`${name} answers on port ${number}`);
  if (answer === 'stranger') return fault(portFault('EADDRINUSE', number, await holderOf(number)).text);
  const code = await canListen(number, host);
  if (code) return fault(portFault(code, number, await holderOf(number)).text);
  if (unit) return stopped(unit);
  const start = isInstalled ? '' : ' "npm run up" starts it.';
  return warning(`Nothing listens on port ${number} yet: it is free for the api.${start}`);
}

const nginx = 'narwhal-nginx.service';
const hasNginx = async (): Promise<boolean> =>
  (await output('systemctl', ['is-enabled', nginx])).trim() === 'enabled';

/** Narwhal's own NGINX, if this machine has one: clients connect to its port. */
export async function webServer(): Promise<Finding[]> {
  const unit = nginx;
  if (!(await hasNginx())) return [];
  // Without this file, the defaults apply.
  const options = await readFile('/etc/narwhal/nginx.options', 'utf8').catch(() => '');
  const [, host = '0.0.0.0', number = '80'] = /^--listen (.+):(\d+)$/m.exec(options) ?? [];
  const active = (await output('systemctl', ['is-active', unit])).trim() === 'active';
  const answer = await whoAnswers(host, Number(number));
  if (active && answer === 'narwhal') return [ok(`${unit} answers on port ${number}`)];
  if (active)
    return [fault(`${unit} runs on port ${number}, but no api answers behind it: check the apis first.`)];
  if (answer === 'nobody') return [stopped(unit)];
  return [fault(portFault('EADDRINUSE', Number(number), await holderOf(Number(number))).text)];
}

/** certbot renews a month before the end: nearer to it, renewals have failed for a while. */
const RENEWED_BY = 14;

/** The certificate of Narwhal's own NGINX, if it has one. */
export async function certificate(file = '/etc/narwhal/tls/fullchain.pem'): Promise<Finding[]> {
  // Without this file NGINX speaks plain HTTP.
  const pem = await readFile(file).catch(() => null);
  if (pem === null) return [];
  const { validTo } = new X509Certificate(pem);
  const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000);
  if (days >= RENEWED_BY) return [ok(`the certificate of ${nginx} is good for ${days} days`)];
  const mend = '"sudo certbot renew" says why it was not renewed';
  return days < 0
    ? [fault(`The certificate of ${nginx} ended on ${validTo}, and clients refuse it: ${mend}.`)]
    : [warning(`The certificate of ${nginx} ends in ${days} days: ${mend}.`)];
}

/** Units of the instances that should run at boot; their names contain the port. */
async function instances(): Promise<string[]> {
  const enabled = await output('systemctl', [
    'list-units',
    '--all',
    '--plain',
    '--no-legend',
    'narwhal-api@*',
    'narwhal-worker@*',
  ]);
  return [...enabled.matchAll(/^(?:\S )?(narwhal-(?:api|worker)@\d+\.service)/gm)]
    .map(([, unit = '']) => unit)
    .sort();
}

export async function ports(config: Config): Promise<Finding[]> {
  const units = isInstalled ? await instances() : [];
  // A machine that runs only NGINX has none.
  if (units.length === 0)
    return isInstalled && (await hasNginx()) ? [] : [await port(config.PORT, config.HOST, null)];
  return Promise.all(
    units.map((unit) => {
      const number = Number(/@(\d+)/.exec(unit)?.[1]);
      return port(number, unit.startsWith('narwhal-worker') ? '127.0.0.1' : config.HOST, unit);
    }),
  );
}

/** Variables that units and programs get besides settings. */
const others = new Set(['NODE_ENV', 'NODE_OPTIONS', 'MALLOC_ARENA_MAX']);

/** Lines in the machine's own settings that nothing reads: a misspelt name would silently keep its default. */
export async function strangeSettings(file = '/etc/narwhal/local.env'): Promise<Finding[]> {
  // Without this file there are no lines.
  const text = await readFile(file, 'utf8').catch(() => '');
  const names = [...text.matchAll(/^\s*([A-Za-z0-9_]+)\s*=/gm)].map(([, name = '']) => name);
  const strange = names.filter((name) => !settingNames.has(name.replace(/_FILE$/, '')) && !others.has(name));
  return [...new Set(strange)].map((name) =>
    warning(`Nothing reads ${name} in ${file}: correct its name, or remove the line.`),
  );
}
