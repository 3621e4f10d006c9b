import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';
import type { Guest } from './guest.js';
import type { Made } from './setup.js';

export interface Shown {
  state: string;
  inFeed: boolean;
  picture: number;
  type: string;
  server: string;
  token: string;
  post: string;
}

export interface Looked {
  caption: string;
  picture: number;
  size: number;
}

/** The shared state of the chapters of one machine's life. */
export interface Story {
  made: Made;
  /** The machine with everything. */
  alone: Guest;
  /** The run's measurements, printed at its end. */
  measured: Record<string, string>;
  /** The first photo that it served, and its owner. */
  shown: Shown;
  /** A picture to upload. */
  file: string;
  /** The future PostgreSQL machine, once cloud-init is done with it. */
  data: Promise<Guest>;
  /** Every machine, to be shut down. */
  guests: Guest[];
}

const client = join(root, 'test', 'machine', 'client.ts');

export const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Waits for a client to end, and for the JSON that it printed last. */
export async function lastLine<Answer>(child: ChildProcess): Promise<Answer> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Answer;
}

/** A client on a machine, which it reaches by loopback: see client.ts for its arguments. */
export const asked = (guest: Guest, ...words: string[]): ChildProcess =>
  guest.beside(process.execPath, [client, ...words]);

/** Uploads a photo on a machine, and reads it back. */
export const upload = async (guest: Guest, ...words: string[]): Promise<Shown> =>
  lastLine<Shown>(asked(guest, 'photo', ...words));

/** Reads a post and its picture on a machine. */
export const look = async (guest: Guest, { token, post }: Shown): Promise<Looked> =>
  lastLine<Looked>(asked(guest, 'look', token, post));

/** The path of a package on a machine, where an operator puts it: not where cloud-init does. */
export const onMachine = (file: string): string => `/srv/${file.replace(/.*\//, '')}`;

/** All files of Narwhal that a machine could keep. */
export function traces(guest: Guest): string[] {
  const folders = ['etc', 'usr', 'var/lib', 'var/cache', 'var/log', 'lib/systemd'];
  const found = folders.flatMap((folder) =>
    readdirSync(join(guest.root, folder), { recursive: true })
      .map(String)
      .filter((name) => name.includes('narwhal') && !/^(dpkg|systemd\/catalog)/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const running = guest.tell('ls', '/run').text.split('\n');
  const ofRun = running.filter((name) => name.includes('narwhal')).map((name) => `run/${name}`);
  const people = ['passwd', 'group'].map((kind) => guest.tell('getent', kind, 'narwhal').text.trim());
  return [...found, ...ofRun, ...people.filter(Boolean)];
}
