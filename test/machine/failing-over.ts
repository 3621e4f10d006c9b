import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Guest } from './guest.js';
import { commandsOf } from './page.js';
import { loading } from './releases.js';
import { seconds, upload, type Story } from './story.js';

const heading = 'Redis that fails over by itself';
const secret = 'etc/narwhal/secrets/redis';

/** What a server answers an operator on its machine; a sentinel, with its options. */
const asking = (words: string): string[] => [
  'sh',
  '-c',
  `REDISCLI_AUTH=$(cat /etc/narwhal/secrets/redis-password) redis-cli ${words}`,
];

const printed = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('REDIS_'));

type Machines = Record<'api' | 'worker' | 'nginx', Guest>;

const setUp = (number: number): string =>
  `cd /srv\n${(commandsOf(heading)[0] ?? '').replace('--name redis-1', `--name redis-${number}`)}`;

const shows = async (story: Story, { nginx }: Machines): Promise<void> =>
  expect(await upload(nginx, story.file, story.shown.token)).toMatchObject({ state: 'ready', inFeed: true });

/** Redis on three of the machines, by the commands of docs/install-ubuntu.md. */
function moving(story: Story, machines: Machines): void {
  test('Redis moves to three machines', async () => {
    const { api, worker, nginx } = machines;
    worker.do('ip', 'address', 'add', '10.0.1.22/16', 'dev', 'lan');
    nginx.do('ip', 'address', 'add', '10.0.1.23/16', 'dev', 'lan');
    const lines = printed(api.type(setUp(1)));
    expect(lines.map((line) => line.replaceAll(/[0-9a-f]{48}/g, '…'))).toEqual(
      commandsOf(heading)[1]?.split('\n').slice(1, 3),
    );
    for (const [number, guest] of [[2, worker] as const, [3, nginx] as const]) {
      expect(guest.tell('bash', '-c', setUp(number)).text).toContain('one secret, which redis-1 makes');
      copyFileSync(join(api.root, secret), join(guest.root, secret));
      chmodSync(join(guest.root, secret), 0o600);
      expect(printed(guest.type(setUp(number)))).toEqual(lines);
    }
    await worker.waitFor(
      /^num-other-sentinels\n2$/m,
      ...asking('-h 10.0.1.22 -p 26379 SENTINEL MASTER narwhal'),
    );
    const { password } = new URL(lines[0]?.replace('REDIS_URL=', '') ?? '');
    for (const guest of [api, worker])
      expect(guest.type(commandsOf(heading, password, password)[1] ?? '')).toContain(
        '3 sentinels watch Redis',
      );
    await shows(story, machines);
  });
}

/** Redis on three of the machines; then the primary's is lost. */
export function failingOver(story: Story, machines: Machines): void {
  moving(story, machines);

  test("goes on without the primary's machine, without a failed request", async () => {
    const { api, worker, nginx } = machines;
    const begun = performance.now();
    const load = await loading(nginx, story, async () => {
      api.do('systemctl', 'stop', 'redis-sentinel', 'redis-server');
      const where = asking('-h 10.0.1.22 -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME narwhal');
      await worker.waitFor(/^10\.0\.1\.2[23]$/m, ...where);
      story.measured['Redis fails over, from machine to machine'] = seconds(begun);
      await shows(story, machines);
    });
    story.measured['requests meanwhile, without its primary'] =
      `${load.requests} (${load.writes} writes), slowest ${load.slowest} ms`;
    expect(load.failures).toEqual([]);
  });

  test('starts again from the settings that the failover has written, and follows', async () => {
    const { api, worker, nginx } = machines;
    const members = [api, worker, nginx];
    api.do('systemctl', 'start', 'redis-server', 'redis-sentinel');
    await api.waitFor(/^role:slave[^]*^master_link_status:up/m, ...asking('INFO replication'));
    for (const guest of members) guest.do('systemctl', 'restart', 'redis-server');
    expect(printed(api.type(setUp(1)))).toHaveLength(2);
    const replication = () => members.map((guest) => guest.tell(...asking('INFO replication')).text);
    await expect
      .poll(() => replication().find((text) => text.includes('role:master')), { timeout: 60_000 })
      .toContain('connected_slaves:2');
    await shows(story, machines);
  });
}
