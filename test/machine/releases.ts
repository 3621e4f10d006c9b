import { expect, test } from 'vitest';
import type { Guest } from './guest.js';
import { commandsOf } from './page.js';
import { first, second } from './setup.js';
import { asked, lastLine, look, onMachine, seconds, type Story } from './story.js';

interface Load {
  requests: number;
  reads: number;
  writes: number;
  failures: string[];
  slowest: number;
}

/** The fate of the requests of eight clients of a machine, while something was done. */
export async function loading(guest: Guest, { shown }: Story, work: () => Promise<void>): Promise<Load> {
  const load = asked(guest, 'load', shown.token, shown.post);
  await new Promise<void>((resolve) => load.stdout?.once('data', () => resolve()));
  const ended = lastLine<Load>(load);
  await work().finally(() => load.kill('SIGTERM'));
  return ended;
}

/** The same, while commands were typed. @throws their output, when they failed */
export const underLoad = (story: Story, commands: string): Promise<Load> =>
  loading(story.alone, story, async () => {
    const { code, text } = await story.alone.meanwhile(
      'bash',
      '-c',
      `set -eo pipefail; cd /srv; ${commands}`,
    );
    if (code !== 0) throw new Error(`expected "${commands}" to succeed but received ${code}:\n${text}`);
  });

/** Upgrades and downgrades, by the commands of docs/install-ubuntu.md. */
export function changingReleases(story: Story): void {
  test('is upgraded while it serves, without a failed request', async () => {
    const { alone, measured } = story;
    const begun = performance.now();
    const [upgrade = ''] = commandsOf('Upgrade, and back');
    const { requests, writes, slowest, failures } = await underLoad(story, upgrade);
    measured['upgrade'] = seconds(begun);
    expect(alone.do('narwhal', 'version').trim()).toBe(second);
    measured['requests during the upgrade'] = `${requests} (${writes} writes), slowest ${slowest} ms`;
    measured['of them failed'] = String(failures.length);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(100);
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
  });

  test('refuses an older version in a sentence, and takes it when told to', () => {
    const { alone, made } = story;
    const refused = alone.tell('dpkg', '-i', onMachine(made.packages.first));
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain(
      `narwhal: ${second} is installed and ${first} is older; one release back works`,
    );
    expect(alone.do('narwhal', 'version').trim()).toBe(second);
    expect(alone.do('systemctl', 'is-active', 'narwhal-worker@9465').trim()).toBe('active');
    const [, back = ''] = commandsOf('Upgrade, and back');
    alone.type(`cd /srv; ${back}`);
    expect(alone.do('narwhal', 'version').trim()).toBe(first);
  });

  test('is told of an installation that was cut off, and goes on with it', () => {
    const { alone, made } = story;
    alone.do('dpkg', '--unpack', onMachine(made.packages.second));
    expect(alone.tell('narwhal', 'doctor').text).toContain(
      `narwhal ${second} was interrupted (unpacked): run "sudo dpkg --configure -a`,
    );
    alone.do('dpkg', '--configure', '-a');
    expect(alone.do('narwhal', 'doctor')).toContain(`narwhal ${second}, installed whole`);
  });

  test('comes back from a backup, with every photo of it', async () => {
    const { alone, shown } = story;
    const [backUp = '', restore = ''] = commandsOf('Backups');
    alone.type(backUp);
    alone.do('sh', '-c', 'rm -r /var/lib/narwhal/objects/*');
    alone.type(restore);
    expect(await look(alone, shown)).toMatchObject({ picture: 200 });
  });
}
