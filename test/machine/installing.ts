import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { userData } from './cloud.js';
import { Guest, type Machine } from './guest.js';
import { asked, lastLine, onMachine, seconds, traces, upload, type Story } from './story.js';

/** The settings of cloud-init for the package, whatever the machine's role. */
export function release({ made }: Story, version: 'first' | 'second'): Record<string, string> {
  const file = made.packages[version];
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  return { PACKAGE: `file://${onMachine(file)}`, SHA256: sum };
}

/** A server as a cloud would create it, not booted, with packages where it can fetch them: the newest by default. */
export function serverOf(story: Story, machine: Machine, files = [story.made.packages.second]): Guest {
  const { folder, bare } = story.made;
  const guest = new Guest(folder, bare, machine);
  for (const file of files) copyFileSync(file, join(guest.root, onMachine(file)));
  story.guests.push(guest);
  return guest;
}

export function installing(story: Story): void {
  test('becomes a Narwhal by cloud-init alone, and shows its first photo through NGINX', async () => {
    const settings = { ...release(story, 'first'), ROLE: 'all', URL: 'http://127.0.0.1' };
    // One client sends hundreds of requests.
    const data = userData({ settings, local: ['RATE_LIMITS=off'] });
    const { measured, made } = story;
    const machine = { name: 'alone', address: '10.0.1.20', userData: data };
    const alone = serverOf(story, machine, Object.values(made.packages));
    story.alone = alone;
    const begun = performance.now();
    await alone.boot();
    expect(alone.do('cat', '/var/log/cloud-init-output.log')).toContain('This machine is: all.');
    measured['switched on to set up, by cloud-init'] = seconds(begun);
    story.shown = await upload(alone, story.file);
    expect(story.shown).toMatchObject({
      state: 'ready',
      inFeed: true,
      picture: 200,
      type: expect.stringMatching('image/') as string,
    });
    expect(story.shown.server).toContain('nginx');
    measured['switched on to the first photo shown'] = seconds(begun);
    measured['size of the package'] = `${(statSync(made.packages.first).size / 1e6).toFixed(0)} MB`;
    const doctor = alone.do('narwhal', 'doctor');
    expect(doctor).toContain('No faults.');
    // Api and worker have a role of their own.
    expect(doctor).not.toContain('could alter the tables');
    expect(alone.do('systemctl', 'is-system-running')).toContain('running');
  });

  test('develops a photo of every format that it takes, with nothing installed to help it', async () => {
    const { alone } = story;
    expect(alone.tell('sh', '-c', 'command -v heif-dec heif-convert').text.trim()).toBe('');
    const { developed, failures } = await lastLine<{ developed: string[]; failures: string[] }>(
      asked(alone, 'formats'),
    );
    expect(failures).toEqual([]);
    expect(developed.length).toBeGreaterThan(15);
  });

  test('is a file that cloud-init finds no fault with', () => {
    const file = '/var/lib/cloud/seed/nocloud/user-data';
    expect(story.alone.do('cloud-init', 'schema', '--config-file', file)).toContain('Valid cloud-config');
  });
}

/** How it is monitored, and its permissions. */
export function guarding(story: Story): void {
  test('logs to the journal, as the user narwhal, with no capability and a score below 2.5', () => {
    const { alone, measured } = story;
    const log = alone.do('journalctl', '-u', 'narwhal-api@3001', '-o', 'cat', '--no-pager');
    expect(log).toContain('the api listens');
    const status = alone.do('sh', '-c', 'cat /proc/$(systemctl show -P MainPID narwhal-api@3001)/status');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    for (const unit of ['narwhal-api@3001', 'narwhal-worker@9465', 'narwhal-nginx']) {
      const said = alone.tell(
        'systemd-analyze',
        'security',
        '--no-pager',
        '--threshold=25',
        `${unit}.service`,
      );
      measured[`security of ${unit}`] =
        /: ([\d.]+) /.exec(said.text.split('\n').at(-2) ?? '')?.[1] ?? said.text;
      expect(said.code).toBe(0);
    }
  });

  test('opens photos behind a wall, in the sandbox of its own unit', () => {
    const { alone } = story;
    const log = alone.do('journalctl', '-u', 'narwhal-worker@9465', '-o', 'cat', '--no-pager');
    expect(log).toContain('the worker is running');
    expect(log).not.toContain('without a wall');
    expect(alone.do('narwhal', 'doctor')).toContain('photos are opened behind a wall');
    // The last of the worker's processes is a child that waits for photos; the pattern is not in the shell's own command line.
    const status = alone.do('sh', '-c', 'cat /proc/$(pgrep -n -f "[d]evelop-child.js")/status');
    expect(status).toMatch(/^NSpid:\t\d+\t\d+$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
  });

  test("has its graphs in Munin, and munin-node's own configuration proposes the same", () => {
    const { alone } = story;
    const links = alone.do('sh', '-c', 'cd /etc/munin/plugins; ls -d narwhal_*').trim().split('\n');
    expect(links).toContain('narwhal_requests');
    const conversation = String.raw`(printf 'cap multigraph\nlist\nfetch narwhal_stores\n'; sleep 3; echo quit) | curl -s -m 20 telnet://127.0.0.1:4949`;
    const said = alone.do('bash', '-c', conversation);
    expect(said).toContain(links.join(' '));
    expect(said).toMatch(/^f_database_127_0_0_1_13001\.value (U|1)$/m);
    // Only ours of its hundreds of plugins: the others take ten seconds.
    alone.do('sh', '-c', 'mkdir /run/ours; ln -s /usr/share/munin/plugins/narwhal_ /run/ours/');
    const proposed = alone.tell('munin-node-configure', '--libdir', '/run/ours', '--suggest').text;
    expect(proposed).toMatch(/^narwhal_ .*\+requests/m);
    alone.do('rm', '-r', '/run/ours');
  });
}

export function purging(story: Story): void {
  test('keeps photos when it is removed, and nothing when it is purged', () => {
    const { alone } = story;
    alone.do('dpkg', '--remove', 'narwhal');
    alone.do('test', '-d', '/var/lib/narwhal/objects');
    expect(traces(alone).filter((name) => name.includes('munin/plugins/'))).toEqual([]);
    alone.do('dpkg', '--purge', 'narwhal');
    // Only cloud-init may leave these files.
    const told = /^run\/narwhal-(settings|local\.env|nginx\.options|install)$/;
    // PostgreSQL's: without these settings it would archive no more, and its WAL would fill its disk.
    const archives = /^(etc\/pgbackrest\/narwhal\.conf|var\/(log|spool)\/pgbackrest\/.*)$/;
    expect(traces(alone).filter((name) => !told.test(name) && !archives.test(name))).toEqual([]);
    expect(alone.tell('dpkg-query', '-W', 'narwhal').code).toBe(1);
  });
}
