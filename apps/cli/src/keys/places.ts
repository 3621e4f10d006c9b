import { X509Certificate } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isInstalled, settingPlace } from '@app/platform';
import { Refused } from '../refused.js';
import { LASTS, Ring } from './ring.js';

export const rings = ['TOKEN_KEYS', 'MEDIA_KEYS'] as const;
type RingName = (typeof rings)[number];
export const isRing = (name: string): name is RingName => rings.some((one) => one === name);

/** Files beside /etc/narwhal's rings in which `narwhal setup` keeps what it set at the servers. */
const logins: Readonly<Record<string, string>> = {
  DATABASE_URL: '/etc/narwhal/secrets/postgresql-serving-password',
  DATABASE_DIRECT_URL: '/etc/narwhal/secrets/postgresql-password',
  REDIS_URL: '/etc/narwhal/secrets/redis-user-password',
};

/** Secrets from elsewhere: their issuer makes another, it is put into the settings, and all processes are restarted. */
const given: Readonly<Record<string, string>> = {
  DATABASE_REPLICA_URL: 'whoever changes that of DATABASE_URL',
  REDIS_QUEUE_URL: 'the Redis of queues',
  S3_SECRET_ACCESS_KEY: 'whoever runs the bucket',
  PAGERDUTY_ROUTING_KEY: 'PagerDuty',
  SENTRY_DSN: 'Sentry',
  OTEL_EXPORTER_OTLP_HEADERS: 'the receiver of traces',
  VISIT_PASSWORD: 'the account itself, as anybody changes a password',
};

export const secretNames: readonly string[] = [...rings, ...Object.keys(logins), ...Object.keys(given)];

/** @throws Refused where the environment itself has the ring */
export function fileOf(name: RingName): string {
  const file = settingPlace(name)?.file;
  if (file) return file;
  throw new Refused(
    `${name} has no file (${name}_FILE) that could be changed: append a key where it is kept, restart all processes, move it to the front, restart them again (docs/disaster.md).`,
  );
}

export const readRing = (file: string): Ring => new Ring(readFileSync(file, 'utf8'));

/** At once and whole, with the owner and the permissions of the file before it. */
export function writeRing(file: string, { text }: Ring): void {
  const { mode, uid, gid } = statSync(file);
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
  chownSync(`${file}.new`, uid, gid);
  // Not by the mode above, which the umask cuts: whoever read the file has to read the new one.
  chmodSync(`${file}.new`, mode & 0o777);
  renameSync(`${file}.new`, file);
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

function age(since: Date): string {
  const due = new Date(since.getTime() + LASTS * 24 * 60 * 60 * 1_000);
  return `since ${dayOf(since)}, ${due < new Date() ? 'DUE' : 'due'} ${dayOf(due)}`;
}

function line(name: string): string | null {
  const place = settingPlace(name);
  const file = place?.file ?? (isInstalled ? logins[name] : null);
  if (file && existsSync(file)) {
    const since = (isRing(name) && readRing(file).since) || statSync(file).mtime;
    const next = isRing(name) ? readRing(file).next : null;
    return `${name}  ${file}  ${age(since)}${next ? `; ${next} waits to sign: narwhal keys rotate` : ''}`;
  }
  if (!place) return null;
  return `${name}  in the environment${given[name] ? `; ${given[name]} gives another` : ''}`;
}

/** Others make it and renew it by themselves: docs/install-ubuntu.md, "TLS". */
function certificate(file = '/etc/narwhal/tls/fullchain.pem'): string[] {
  if (!isInstalled || !existsSync(file)) return [];
  const { validFrom, validTo } = new X509Certificate(readFileSync(file));
  return [`TLS  ${file}  since ${dayOf(new Date(validFrom))}, ends ${dayOf(new Date(validTo))}`];
}

/** Each secret that is set: where it lies, since when, when it is due; never its value. */
export const listed = (): string =>
  [...secretNames.flatMap((name) => line(name) ?? []), ...certificate()].join('\n');

/** Why a secret is not turned here; null for one that is. */
export function notOurs(name: string): string | null {
  const who = given[name];
  return who === undefined
    ? null
    : `${name} is not ours to turn: ${who} gives another, which goes into the settings; then restart all processes.`;
}
