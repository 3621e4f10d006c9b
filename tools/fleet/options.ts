import { resolve } from 'node:path';
import { readArgumentsOrExit } from '../../libs/platform/src/command-line.ts';
import { Refusal } from '../dev/say.ts';
import { mostOf } from './plan.ts';

/** The options of `npm run fleet`. */
export interface FleetOptions {
  haproxy: number;
  nginx: number;
  api: number;
  worker: number;
  /** Photos in a real S3 server instead of on disk. */
  s3: boolean;
  /** Each HAProxy, NGINX and api on its own host: a network namespace, whose cable can be pulled. */
  hosts: boolean;
  /** Three PostgreSQL that fail over by themselves, instead of a primary and a replica. */
  patroni: boolean;
  /** Three Redis of which three sentinels choose the primary, instead of a primary and a replica. */
  sentinels: boolean;
  /** The second number of every address: 127.77.0.11. */
  net: number;
  /** The user's own certificate and key in one PEM file. */
  certificate?: string;
}

export const commandNames = [
  'status',
  'kill',
  'pause',
  'drain',
  'start',
  'replace',
  'add',
  'remove',
  'unplug',
  'plug',
  'promote',
  'switchover',
  'deploy',
  'stop',
] as const;
export type CommandName = (typeof commandNames)[number];

export const usage = `npm run fleet                     the whole picture on this machine, in the foreground; Ctrl-C stops it
  --api 3 --worker 2 --nginx 3 --haproxy 2   how many of each
  --s3                                       photos in a real S3 server (Ceph) instead of on disk
  --patroni                                  three PostgreSQL that fail over by themselves (Patroni, etcd), instead of two that do not
  --sentinels                                three Redis that fail over by themselves, instead of two that do not
  --hosts                                    each HAProxy, NGINX and api on a host of its own, and each node of --patroni and --sentinels (root; network namespaces)
  --net 77                                   the addresses: 127.77.x.x, with --hosts 10.77.0.x
  --certificate FILE                         your certificate and key in one PEM file, for narwhal.test

while it runs, from another terminal:
npm run fleet -- status           the table once
npm run fleet -- kill PART        kill -9; it stays dead until started
npm run fleet -- pause PART       hangs it (SIGSTOP)
npm run fleet -- drain PART       out of rotation, finishes what it is at, stops
npm run fleet -- start PART       starts it, or wakes it
npm run fleet -- replace PART     drain, then a fresh one in its place
npm run fleet -- add KIND         one more nginx, api or worker;  remove PART takes one away
npm run fleet -- unplug PART      pulls its host's cable (--hosts);  plug PART puts it back
npm run fleet -- promote postgres-replica   its data become the primary's, which was killed and is lost for good
npm run fleet -- switchover postgres-2      --patroni: it leads from now on
npm run fleet -- deploy [FOLDER]  this clone's version (or a build in FOLDER), a quarter of a kind at a time, and back if unhealthy
npm run fleet -- stop             stops all of it`;

const one = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const fleetLine = {
  usage,
  options: {
    haproxy: one,
    nginx: one,
    api: one,
    worker: one,
    net: one,
    certificate: one,
    s3: flag,
    hosts: flag,
    patroni: flag,
    sentinels: flag,
  },
} as const;

function count(name: string, text: string | undefined, fallback: number, most: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Refusal(`expected 1-${most} for --${name} but received "${text}"`);
}

export function readFleetOptions(args: string[]): FleetOptions {
  const { values } = readArgumentsOrExit(args, fleetLine);
  const { hosts = false } = values;
  return {
    haproxy: count('haproxy', values.haproxy, 2, mostOf('haproxy', hosts)),
    nginx: count('nginx', values.nginx, 3, mostOf('nginx', hosts)),
    api: count('api', values.api, 3, mostOf('api', hosts)),
    worker: count('worker', values.worker, 2, mostOf('worker', hosts)),
    net: count('net', values.net, 77, 254),
    s3: values.s3 ?? false,
    hosts,
    patroni: values.patroni ?? false,
    sentinels: values.sentinels ?? false,
    ...(values.certificate ? { certificate: resolve(values.certificate) } : {}),
  };
}
