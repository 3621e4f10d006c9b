import { expect, test } from 'vitest';
import { dataMachine } from './parting.js';
import { seconds, type Story } from './story.js';

/** Kills and hangs that systemd recovers from. */
export function enduring(story: Story): void {
  const hung = 'narwhal-api@3002';
  let since = 0;

  test('goes on beside a process whose loop does not turn any more', () => {
    since = performance.now();
    story.alone.do('systemctl', 'kill', '--kill-whom=main', '--signal=STOP', `${hung}.service`);
    // Useful work while half a minute passes.
    const data = dataMachine(story);
    story.data = data.boot().then(() => data);
    story.data.catch(() => undefined);
  });

  test.each(['narwhal-api@3001', 'narwhal-worker@9465'])('has %s back by itself after kill -9', (unit) => {
    const { alone, measured } = story;
    const begun = performance.now();
    alone.do('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', `${unit}.service`);
    // Starting it during its restart waits for the restart.
    alone.do('sh', '-c', `sleep 1.2; systemctl start ${unit}`);
    measured[`${unit} serves after kill -9`] = seconds(begun);
    expect(alone.do('systemctl', 'show', '-P', 'NRestarts', unit).trim()).not.toBe('0');
  });

  test('has the one that hung back, too', async () => {
    const { alone, measured } = story;
    await alone.waitFor(/Watchdog timeout/, 'journalctl', '-u', hung, '-o', 'cat', '--no-pager');
    measured['a hung api is noticed after'] = seconds(since);
    await alone.waitFor(/^active/, 'systemctl', 'is-active', hung);
  });
}
