import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal } from './say.ts';

/**
 * The launcher's environment variables. No other file of this folder reads the environment (besides install.mjs and orphan.mjs, which
 * run before TypeScript can). The applications' variables are defined in libs/platform/src/settings.ts, and are passed on unchanged.
 */
const source = process.env;

/** Every setting may also be given as NAME_FILE, a file that holds the value. */
function isSet(name: string): boolean {
  return Boolean(source[name] ?? source[`${name}_FILE`]);
}

/** A setting's value, also from its file; undefined when it is not set or its file cannot be read. */
export function readSetting(name: string): string | undefined {
  const file = source[`${name}_FILE`];
  if (!file) return source[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    throw new Refusal(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code} ${file}).`);
  }
}

function port(name: string, fallback: number): number {
  const value = Number(source[name] || fallback);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Refusal(`expected a port (1-65535) for ${name} but received "${source[name]}"`);
}

export interface Address {
  host: string;
  port: number;
}

/** `host:port`, or undefined when the launcher may choose. */
function address(name: string): Address | undefined {
  const value = source[name];
  if (!value) return undefined;
  const [host = '', number = ''] = value.split(':');
  if (host && Number(number) > 0) return { host, port: Number(number) };
  throw new Refusal(`expected host:port for ${name} but received "${value}"`);
}

export function readEnvironment() {
  return {
    port: port('PORT', 3000),
    host: source.HOST || '127.0.0.1',
    dataFolder: resolve(source.NARWHAL_DATA || '.narwhal'),
    metrics: address('METRICS_ADDR'),
    workerMetrics: address('WORKER_METRICS_ADDR'),
    isSet,
  };
}

/** The settings that say where a Narwhal's parts are, and their credentials; not its behaviour. */
const PLACES =
  /^(PORT|HOST|PUBLIC_URL|MEDIA_URL|(DATABASE|REDIS|BACKUP|STORAGE|SCRATCH|S3|TOKEN|MEDIA|METRICS|WORKER_METRICS)_\w+)$/;

/** The values of those settings in the environment, for commands in other terminals. */
export function placesInEnvironment(): Record<string, string> {
  const said = Object.entries(source).filter(([name, value]) => PLACES.test(name) && value);
  return Object.fromEntries(said) as Record<string, string>;
}

export type Environment = ReturnType<typeof readEnvironment>;

/** The environment of a child process: this one's, with some settings overridden. */
export function childEnvironment(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...source, ...settings };
}

export function searchPath(): string[] {
  return (source.PATH ?? '').split(':').filter(Boolean);
}

/** Whether a person at the terminal can be asked for a password. */
export const interactive = process.stdin.isTTY && process.stdout.isTTY && !source.CI;

export const isRoot = process.getuid?.() === 0;
