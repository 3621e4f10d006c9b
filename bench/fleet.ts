import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { root } from '../tools/dev/install.mjs';
import { readLedger } from '../tools/dev/ledger.ts';
import { endProcess, launch, type Launched } from '../tools/dev/processes.ts';
import { bareEnvironment } from './env.ts';
import type { Fixtures } from './fixtures.ts';

/** The second number of every address of a benchmark's fleet. */
export const NET = 99;

/** `npm run fleet` with these options, until the fixtures are closed; settles when it is up. */
export async function startFleet(fixtures: Fixtures, ...options: string[]): Promise<Launched> {
  const { folder } = fixtures;
  // PostgreSQL and PgBouncer run as users of their own.
  chmodSync(folder, 0o711);
  const logFile = join(folder, 'output');
  const program = join(root, 'tools/dev/narwhal.mjs');
  const args = [program, 'fleet', '--net', String(NET), ...options];
  const env = bareEnvironment({ NARWHAL_DATA: folder, RATE_LIMITS: 'off' });
  const fleet = await launch({ command: process.execPath, args, logFile, env, cwd: root });
  fixtures.endWith(() => endProcess(fleet, [{ signal: 'SIGTERM', patience: 120_000 }]));
  let ended = false;
  void fleet.ended.then(() => (ended = true));
  while (!readFileSync(logFile, 'utf8').includes('fleet is up')) {
    if (ended) throw new Error(readFileSync(logFile, 'utf8'));
    await sleep(200);
  }
  return fleet;
}

/** The processes of the parts whose names begin so. */
export function processesOf(folder: string, prefix: string): number[] {
  const children = readLedger(join(folder, 'fleet/fleet.json'))?.children ?? [];
  return children.filter(({ name }) => name.startsWith(prefix)).map(({ pid }) => pid);
}

export async function textOf(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text;
}

export const ask = async <Answer>(url: string, init?: RequestInit): Promise<Answer> =>
  JSON.parse(await textOf(url, init)) as Answer;

export interface Photo {
  id: string;
  state: string;
  renditions: { w1080: { url: string } } | null;
}

/** Uploads a picture of this width by one api, and waits until it is ready. */
export async function developedPhoto(
  api: string,
  headers: Record<string, string>,
  width: number,
): Promise<Photo> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const height = Math.round((width * 3) / 4);
  const pixels = sharp({ create: { width, height, channels: 3, background: 'white', noise } });
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(await pixels.blur(2).jpeg().toBuffer())]), 'a.jpg');
  const waiting = { ...headers, prefer: 'wait=5' };
  let photo = await ask<Photo>(`${api}/v1/photos`, { method: 'POST', headers: waiting, body: form });
  while (photo.state === 'processing')
    photo = await ask<Photo>(`${api}/v1/photos/${photo.id}`, { headers: waiting });
  return photo;
}
