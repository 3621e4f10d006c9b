import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { userData } from './cloud.js';
import { failingOver } from './failing-over.js';
import type { Guest } from './guest.js';
import { release, serverOf } from './installing.js';
import { commandsOf } from './page.js';
import { look, upload, type Story } from './story.js';

const objects = '/var/lib/narwhal/objects';
const ready = { state: 'ready', inFeed: true, picture: 200 };

/** Runs commands of the page in the folder of the packages. */
const run = (guest: Guest, commands = ''): string => guest.type(`cd /srv\n${commands}`);

/** The words after `name=` in a command's output. */
function printed(text: string, name: string): string {
  const [, value = ''] = new RegExp(`^${name}=(.+)$`, 'm').exec(text) ?? [];
  if (!value) throw new Error(`expected ${name}=… but received:\n${text}`);
  return value;
}

const passwordOf = (url: string): string => new URL(url).password;

/** The first machine's settings and keys, as cloud-init's file needs them. */
function settingsOfFirst({ alone }: Story): string[] {
  const keys = ['TOKEN_KEYS', 'MEDIA_KEYS'].map((name) => {
    const file = `/etc/narwhal/secrets/${name.toLowerCase().replace('_', '-')}`;
    return `${name}=${alone.do('cat', file).trim()}\n${name}_FILE=`;
  });
  return `${alone.do('cat', '/etc/narwhal/local.env')}${keys.join('\n')}`.trim().split('\n');
}

/** A server beside the first one, which shares the disk of its photos. */
function another(story: Story, role: string, address: string, nginx: string[] = []): Guest {
  const { alone } = story;
  const settings = { ...release(story, 'second'), ROLE: role, URL: 'http://127.0.0.1' };
  const data = userData({ settings, local: settingsOfFirst(story), nginx });
  const disks = { [objects]: join(alone.root, objects) };
  return serverOf(story, { name: role, address, userData: data, beside: alone.leader, disks });
}

/** Copies the archive of the page from the first machine to another. */
function carrySettings({ alone }: Story, to: Guest): void {
  run(alone, commandsOf('Workers')[0]);
  copyFileSync(join(alone.root, 'srv/settings.tar'), join(to.root, 'srv/settings.tar'));
}

/** A PostgreSQL machine for the others; booted early, since that takes a while. */
export function dataMachine(story: Story): Guest {
  const settings = { ...release(story, 'second'), ROLE: 'postgresql', NETWORK: '10.0.0.0/16' };
  const machine = { name: 'postgresql', address: '10.0.1.10', beside: story.alone.leader };
  return serverOf(story, { ...machine, userData: userData({ settings }) });
}

function stores(story: Story): void {
  test('PostgreSQL moves to a machine of its own', async () => {
    const { alone } = story;
    const data = await story.data;
    const urlsIn = (text: string) =>
      ['DATABASE_URL', 'DATABASE_DIRECT_URL'].map((name) => printed(text, name)) as [string, string];
    const told = urlsIn(data.do('cat', '/var/log/cloud-init-output.log'));
    const [serving, owner] = told.map(passwordOf) as [string, string];
    expect(serving).not.toBe(owner);
    const [there, move] = commandsOf('PostgreSQL', owner, serving, owner);
    // Repeating it prints the same: nobody is locked out.
    expect(urlsIn(run(data, there))).toEqual(told);
    expect(run(alone, move)).toContain('No faults.');
    expect(alone.tell('systemctl', 'is-active', 'postgresql').text.trim()).toBe('inactive');
    expect(await look(alone, story.shown)).toMatchObject({ picture: 200 });
  });

  test('then Redis, which starts empty', async () => {
    const { alone } = story;
    const data = await story.data;
    // The same server in another role: the commands of cloud-init run again.
    const role = 'sed -i s/^NARWHAL_ROLE=.*/NARWHAL_ROLE=redis/ /run/narwhal-settings';
    data.type(`ip address add 10.0.1.11/16 dev lan; ${role}`);
    const told = printed(data.do('sh', '/run/narwhal-install'), 'REDIS_URL');
    const [there, move] = commandsOf('Redis', passwordOf(told));
    expect(printed(run(data, there), 'REDIS_URL')).toBe(told);
    run(alone, move);
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
    expect(await upload(alone, story.file, story.shown.token)).toMatchObject(ready);
  });
}

function servers(story: Story): void {
  const machines = {} as Record<'worker' | 'api' | 'nginx', Guest>;

  test('then workers, api and NGINX, each on a machine that cloud-init makes', async () => {
    const { alone } = story;
    run(alone, commandsOf('NGINX and api')[1]);
    machines.worker = another(story, 'worker', '10.0.1.40');
    machines.api = another(story, 'api', '10.0.1.21');
    const apis = ['--api 10.0.1.21:3001', '--api 10.0.1.21:3002', '--trust 10.0.0.0/16'];
    machines.nginx = another(story, 'nginx', '10.0.1.30', apis);
    const { worker, api, nginx } = machines;
    // The doctor reports an NGINX without any api as a fault, so it comes last.
    await Promise.all([worker.boot(), api.boot()]);
    await nginx.boot();
    expect(await upload(nginx, story.file, story.shown.token)).toMatchObject(ready);
  });

  test('by the words of the page as well', async () => {
    const { alone, shown } = story;
    const { worker, nginx } = machines;
    const [, thereWorks, gone] = commandsOf('Workers');
    const [, , there, end] = commandsOf('NGINX and api');
    carrySettings(story, worker);
    expect(run(worker, thereWorks)).toContain('This machine is: worker.');
    run(alone, gone);
    carrySettings(story, nginx);
    expect(run(nginx, there)).toContain('This machine is: nginx.');
    run(alone, end);
    expect(await look(nginx, shown)).toMatchObject({ picture: 200 });
  });

  test('and the first machine may go', async () => {
    const { alone, shown, file } = story;
    const { api, nginx } = machines;
    alone.do('systemctl', 'disable', '--now', 'narwhal.target', 'narwhal-api@3001', 'narwhal-api@3002');
    expect(await upload(nginx, file, shown.token)).toMatchObject(ready);
    carrySettings(story, api);
    expect(run(api, commandsOf('NGINX and api')[0])).toContain('This machine is: web.');
    expect(await look(api, shown)).toMatchObject({ picture: 200 });
    expect(api.do('narwhal', 'doctor')).toContain('No faults.');
  });

  failingOver(story, machines);
}

/** One machine becomes five, by the commands of docs/install-ubuntu.md; cloud-init sets up each new one, in every role. */
export function parting(story: Story): void {
  stores(story);
  servers(story);
}
