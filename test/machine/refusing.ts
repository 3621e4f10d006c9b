import { expect, test } from 'vitest';
import type { Story } from './story.js';

/** A separate unit to break, beside those that serve. */
const unit = 'narwhal-api@3003';

const doctorOf = ({ alone }: Story) => alone.tell('narwhal', 'doctor');

/** Starts one more api, waits for its sentence in the journal, and removes it again. */
async function journalSays({ alone }: Story, sentence: RegExp): Promise<void> {
  alone.do('systemctl', 'start', '--no-block', unit);
  try {
    await alone.waitFor(sentence, 'journalctl', '-b', '-u', unit, '-o', 'cat', '--no-pager');
  } finally {
    alone.do('systemctl', 'stop', unit);
  }
}

async function withSetting({ alone }: Story, line: string, then: () => Promise<void>): Promise<void> {
  alone.type(`cp -p /etc/narwhal/local.env /run/kept.env; echo '${line}' >> /etc/narwhal/local.env`);
  try {
    await then();
  } finally {
    alone.do('mv', '/run/kept.env', '/etc/narwhal/local.env');
  }
}

function takenPorts(story: Story): void {
  test('a port that another program has', async () => {
    const { alone } = story;
    const server = "require('net').createServer((socket) => socket.end('mine')).listen(3003, '127.0.0.1')";
    alone.do('systemd-run', '--unit=squatter', '/usr/lib/narwhal/node/bin/node', '-e', server);
    await alone.waitFor(/3003/, 'ss', '-Hltn');
    await journalSays(story, /Port 3003 is taken by another program: stop that \(sudo ss/);
    alone.do('systemctl', 'start', '--no-block', unit);
    expect(doctorOf(story)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/Port 3003 is taken by .*: stop that/) as string,
    });
    alone.do('systemctl', 'stop', unit, 'squatter');
  });

  test("NGINX's port, too", async () => {
    const { alone } = story;
    alone.do('systemctl', 'stop', 'narwhal-nginx');
    alone.do('systemctl', 'start', 'nginx');
    const started = alone.tell('systemctl', 'start', 'narwhal-nginx');
    expect(started.code).not.toBe(0);
    const log = alone.do('journalctl', '-b', '-u', 'narwhal-nginx', '-o', 'cat', '--no-pager');
    expect(log).toContain('NGINX does not run; sudo narwhal doctor says what is in its way and what to do.');
    expect(doctorOf(story).text).toMatch(/Port 80 is taken by .*: stop that/);
    alone.do('systemctl', 'disable', '--now', 'nginx');
    await alone.waitFor(/^active/, 'systemctl', 'is-active', 'narwhal-nginx');
  });
}

function wrongSettings(story: Story): void {
  test('a wrong password of PostgreSQL', async () => {
    const sentence =
      /PostgreSQL at 127\.0\.0\.1:5432 refuses the password of narwhal: correct it in DATABASE_URL/;
    await withSetting(story, 'DATABASE_URL=postgres://narwhal:wrong@127.0.0.1:5432/narwhal', async () => {
      await journalSays(story, sentence);
      expect(doctorOf(story)).toMatchObject({ code: 1, text: expect.stringMatching(sentence) as string });
    });
  });

  test('a setting that cannot be read', async () => {
    await withSetting(story, 'S3_BUKET=photos', () => {
      expect(doctorOf(story).text).toContain(
        'Nothing reads S3_BUKET in /etc/narwhal/local.env: correct its name',
      );
      return Promise.resolve();
    });
    await withSetting(story, 'DEVELOP_CONCURRENCY=many', async () => {
      await journalSays(story, /DEVELOP_CONCURRENCY: expected a number but received "many"/);
      expect(doctorOf(story).text).toMatch(
        /Setting DEVELOP_CONCURRENCY: .*: correct it in \/etc\/narwhal\/local\.env/,
      );
    });
  });
}

function missingThings(story: Story): void {
  test('no PostgreSQL', async () => {
    const { alone } = story;
    alone.do('systemctl', 'stop', 'postgresql');
    const sentence = 'PostgreSQL does not listen at 127.0.0.1:5432: start it there, or correct';
    expect(doctorOf(story)).toMatchObject({ code: 1, text: expect.stringContaining(sentence) as string });
    expect(alone.tell('narwhal', 'migrate').text).toMatch(
      /^the migration failed: PostgreSQL does not listen/,
    );
    await journalSays(story, new RegExp(sentence));
    alone.do('systemctl', 'start', 'postgresql');
    await alone.waitFor(/No faults/, 'narwhal', 'doctor');
  });

  test('a disk without room', () => {
    const { alone } = story;
    const folder = '/var/cache/narwhal';
    alone.do('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=777', 'small', folder);
    expect(doctorOf(story)).toMatchObject({
      code: 1,
      text: expect.stringContaining(`The disk of ${folder} is nearly full`) as string,
    });
    alone.type(`dd if=/dev/zero of=${folder}/full bs=1M 2>/dev/null || true`);
    expect(doctorOf(story).text).toMatch(/The disk of \/var\/cache\/narwhal is full.*: make room/);
    alone.do('umount', folder);
  });
}

/** A fault on a machine is reported in one sentence with its remedy: in the journal, and by `narwhal doctor`. */
export function refusing(story: Story): void {
  takenPorts(story);
  wrongSettings(story);
  missingThings(story);
}
