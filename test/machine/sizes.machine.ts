import { text } from 'node:stream/consumers';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { measuresSizes } from '../harness/env.js';
import { drawn } from '../harness/pictures.js';
import { userData } from './cloud.js';
import type { Guest } from './guest.js';
import { release, serverOf } from './installing.js';
import { asked, lastLine, type Story } from './story.js';

const made = inject('made');
const PHOTOS = 24;

/** The kind of a process, by its command line; all others belong to the system. */
const kinds: readonly [string, RegExp][] = [
  ['api, 2', /apps\/api\/src/],
  ['worker', /apps\/worker\/src/],
  ["worker's children", /develop-child/],
  ['PostgreSQL', /postgres/],
  ['Redis', /redis-server/],
  ['NGINX', /nginx/],
  ['the rest', /./],
];

/** Memory of each kind of process in MB: shared memory is divided among its users (Pss). */
function memory(guest: Guest): Record<string, number> {
  const script =
    'for p in /proc/[0-9]*; do printf "%s %s\\n" "$(sed -n "s/^Pss: *\\([0-9]*\\).*/\\1/p" $p/smaps_rollup 2>/dev/null)" "$(tr "\\0" " " < $p/cmdline 2>/dev/null)"; done';
  const sums: Record<string, number> = Object.fromEntries(kinds.map(([name]) => [name, 0]));
  for (const line of guest.do('sh', '-c', script).split('\n')) {
    const [, kibibytes, command = ''] = /^(\d+) (.+)$/.exec(line) ?? [];
    const [name = ''] = kinds.find(([, pattern]) => pattern.test(command)) ?? [];
    if (kibibytes) sums[name] = (sums[name] ?? 0) + Number(kibibytes) / 1024;
  }
  return sums;
}

/** The maximum of each kind while `work` ran. */
async function most(guest: Guest, work: Promise<unknown>): Promise<Record<string, number>> {
  let going = true;
  void work.finally(() => (going = false)).catch(() => undefined);
  const peak: Record<string, number> = {};
  while (going) {
    for (const [name, size] of Object.entries(memory(guest))) peak[name] = Math.max(peak[name] ?? 0, size);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  await work;
  return peak;
}

const rounded = (sizes: Record<string, number>) =>
  Object.fromEntries(
    Object.entries({ ...sizes, together: Object.values(sizes).reduce((sum, size) => sum + size, 0) }).map(
      ([name, size]) => [name, Math.round(size)],
    ),
  );

/** The figures of docs/install-ubuntu.md under "Sizes": one machine with everything, whose clients share its CPUs. */
describe.skipIf(made.reason ?? !measuresSizes())('one machine with everything', () => {
  const story = { made, measured: {}, guests: [] as Guest[] } as unknown as Story;
  const table: Record<string, Record<string, number>> = {};
  afterAll(async () => {
    await Promise.all(story.guests.map((guest) => guest.stop()));
    console.table(table);
    console.table(story.measured);
  });

  test('carries this much', async () => {
    const settings = { ...release(story, 'second'), ROLE: 'all', URL: 'http://127.0.0.1' };
    const data = userData({ settings, local: ['RATE_LIMITS=off', 'QUOTA_PHOTOS_PER_DAY=10000'] });
    const guest = serverOf(story, { name: 'alone', address: '10.0.1.20', userData: data });
    await guest.boot();
    table['at rest'] = rounded(memory(guest));
    const [small, large] = ['small.jpg', 'large.jpg'].map((name) => join(made.folder, name));
    writeFileSync(small ?? '', (await drawn({ seed: 1 })).bytes);
    writeFileSync(large ?? '', (await drawn({ width: 4_000, height: 3_000, seed: 2 })).bytes);
    const { token } = await lastLine<{ token: string }>(asked(guest, 'fill', '30', small ?? ''));
    const header = `authorization: Bearer ${token}`;
    const wrk = ['-t1', '-c16', '-d20s', '--latency', '-H', header, 'http://127.0.0.1/v1/feed'];
    const { stdout } = guest.beside('wrk', wrk);
    const load = stdout ? text(stdout) : Promise.reject(new Error('wrk says nothing'));
    table['feeds'] = rounded(await most(guest, load));
    const said = await load;
    story.measured['feed'] = said
      .split('\n')
      .filter((line) => /50%|99%|Requests\/sec|Non-2xx/.test(line))
      .map((line) => line.trim())
      .join(', ');
    const flood = lastLine<{ seconds: number }>(asked(guest, 'flood', String(PHOTOS), large ?? '', token));
    table['photos'] = rounded(await most(guest, flood));
    const { seconds } = await flood;
    story.measured[`photos of 12 MP, ${PHOTOS}`] = `${((60 * PHOTOS) / seconds).toFixed(0)} a minute`;
    expect(said).not.toContain('Non-2xx');
  }, 300_000);
});
