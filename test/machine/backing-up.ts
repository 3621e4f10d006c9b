import { expect, test } from 'vitest';
import { commandsOf } from './page.js';
import { look, seconds, upload, type Story } from './story.js';

const conf = '/etc/pgbackrest/narwhal.conf';

/** Backups by pgBackRest, by the commands of docs/install-ubuntu.md. */
export function backingUp(story: Story): void {
  const [setUp = '', restore = '', intoPlace = ''] = commandsOf('Daily, by pgBackRest');

  test('has encrypted backups once it is set up, by the service of its timer', () => {
    const { alone, measured } = story;
    expect(alone.tell('systemctl', 'is-enabled', 'narwhal-backup@make.timer').text.trim()).toBe('disabled');
    const said = alone.type(setUp);
    expect(said).toContain(`the key in ${conf}. Keep a copy of that file elsewhere`);
    expect(alone.do('stat', '-c', '%a %U', conf).trim()).toBe('600 postgres');
    const begun = performance.now();
    // The first has begun already: this waits for it.
    alone.do('systemctl', 'start', 'narwhal-backup@make.service');
    measured['a full backup'] = seconds(begun);
    expect(alone.do('narwhal', 'backup', 'list')).toMatch(/^\d{8}-\d{6}F {2}complete /);
    for (const timer of ['make', 'wal', 'drill'])
      expect(alone.do('systemctl', 'is-active', `narwhal-backup@${timer}.timer`).trim()).toBe('active');
    expect(alone.do('sh', '-c', 'cat /mnt/backups/backup/narwhal/backup.info')).toMatch(/^Salted__/);
  });

  test('is whole after a restore in place of its PostgreSQL', async () => {
    const { alone, measured, shown, file } = story;
    const later = await upload(alone, file, shown.token);
    alone.do('sudo', '-u', 'postgres', 'psql', '-qc', 'SELECT pg_switch_wal()');
    alone.do('systemctl', 'start', 'narwhal-backup@wal.service');
    const begun = performance.now();
    expect(alone.type(restore)).toContain('restored into');
    measured['a restore'] = seconds(begun);
    alone.type(intoPlace);
    alone.do('systemctl', 'start', 'narwhal-backup@make.service');
    for (const post of [shown, later]) expect(await look(alone, post)).toMatchObject({ picture: 200 });
    expect(alone.do('narwhal', 'backup', 'verify')).toContain('are whole');
  });

  test('says on its health page how the newest backup and drill ended', async () => {
    const { alone, measured } = story;
    const begun = performance.now();
    alone.do('systemctl', 'start', 'narwhal-backup@drill.service');
    measured['a drill'] = seconds(begun);
    expect(alone.do('ls', '/var/cache/narwhal-backups')).toBe('');
    const link = alone.do('narwhal', 'admin', 'health-link').trim();
    const page = ['sh', '-c', `curl -s -H 'Accept: text/html' '${link}'`] as const;
    await alone.waitFor(/The newest backup, of [^<]* is good: \d{8}-\d{6}F/, ...page);
    await alone.waitFor(
      /The newest drill [^<]* is good: restored in [^<]* and an api serves from it/,
      ...page,
    );
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
  });
}
