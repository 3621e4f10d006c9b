import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../dev/say.ts';
import { ensureProgram } from '../dev/system-packages.ts';
import { publicName } from './plan.ts';

export interface Certificate {
  /** Chain and key, as HAProxy reads them. */
  pem: string;
  /** The authority that clients have to trust; undefined with the user's own certificate. */
  authority?: string;
}

const DAY = 24 * 60 * 60 * 1_000;

/** @throws Refusal that says what is wrong with a certificate, and what to do */
function check(text: string, file: string): void {
  const say = (what: string) =>
    new Refusal(
      `The certificate ${file} ${what}\nNothing was started. A file with the certificate, its chain and its key, all in PEM, for ${publicName} is needed; without --certificate one is made.`,
    );
  const certificate = attempt(
    () => new X509Certificate(text),
    () => say('is none: it cannot be read as PEM.'),
  );
  const key = attempt(
    () => createPrivateKey(text),
    () => say('comes without its private key.'),
  );
  if (!certificate.checkPrivateKey(key)) throw say('belongs to another key than the one in the file.');
  if (new Date(certificate.validTo).getTime() < Date.now())
    throw say(`has expired (${certificate.validTo}).`);
  if (!certificate.checkHost(publicName))
    throw say(`is not for ${publicName}, but for ${certificate.subjectAltName ?? certificate.subject}.`);
}

function attempt<Value>(work: () => Value, fault: () => Error): Value {
  try {
    return work();
  } catch {
    throw fault();
  }
}

function openssl(folder: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(ensureProgram('openssl', 'openssl'), args, {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`);
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function make(folder: string, addresses: readonly string[]): void {
  const names = [
    `DNS:${publicName}`,
    `DNS:www.${publicName}`,
    ...addresses.map((address) => `IP:${address}`),
  ];
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth\n`);
  const keep = (name: string) => ['-keyout', `${name}.key`];
  if (!existsSync(join(folder, 'ca.pem'))) {
    const authority = [
      '-x509',
      '-days',
      '3650',
      '-subj',
      '/CN=A Narwhal fleet of this machine',
      '-out',
      'ca.pem',
    ];
    const extension = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    openssl(folder, 'req', ...curve, ...keep('ca'), ...authority, ...extension);
  }
  openssl(folder, 'req', ...curve, ...keep('server'), '-subj', `/CN=${publicName}`, '-out', 'server.csr');
  const signing = ['-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
  openssl(folder, 'x509', ...signing, '-days', '365', '-extfile', 'names', '-out', 'server.pem');
}

function isGood(folder: string, addresses: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(join(folder, 'server.pem')));
    const lasts = new Date(certificate.validTo).getTime() > Date.now() + 7 * DAY;
    return lasts && addresses.every((address) => certificate.checkIP(address) !== undefined);
  } catch {
    return false;
  }
}

/** The user's certificate, or one of the fleet's own authority; both are kept and reused. */
export function certificateOf(
  folder: string,
  addresses: readonly string[],
  own: string | undefined,
): Certificate {
  if (own !== undefined) {
    const pem = attempt(
      () => readFileSync(own, 'utf8'),
      () =>
        new Refusal(`The certificate ${own} cannot be read: is it a file, and yours? Nothing was started.`),
    );
    check(pem, own);
    return { pem };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isGood(folder, addresses)) make(folder, addresses);
  const [chain, key] = ['server.pem', 'server.key'].map((name) => readFileSync(join(folder, name), 'utf8'));
  return { pem: `${chain}${key}`, authority: join(folder, 'ca.pem') };
}
