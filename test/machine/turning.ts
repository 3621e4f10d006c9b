import { expect, test } from 'vitest';
import { commandsOf } from './page.js';
import { underLoad } from './releases.js';
import { look, seconds, type Story } from './story.js';

const settings = '/etc/narwhal/local.env';

/** The addresses of this machine's PostgreSQL and Redis, which hold the passwords. */
function urls({ alone }: Story): { database: string; redis: string } {
  const text = alone.do('cat', settings);
  const of = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1] ?? '';
  return { database: of('DATABASE_URL'), redis: of('REDIS_URL') };
}

/** Keys and passwords, by the commands of docs/install-ubuntu.md. */
export function turningKeys(story: Story): void {
  const [turn = ''] = commandsOf('Keys and passwords');

  test('turns every key and password while it serves, without a failed request', async () => {
    const { alone, measured, shown } = story;
    const before = urls(story);
    const begun = performance.now();
    const load = await underLoad(story, turn);
    measured['keys and passwords turned'] = seconds(begun);
    measured['requests meanwhile'] =
      `${load.requests} (${load.writes} writes), slowest ${load.slowest} ms, ${load.failures.length} failed`;
    expect(load.failures).toEqual([]);
    expect(load.requests).toBeGreaterThan(50);
    const after = urls(story);
    expect([after.database, after.redis]).toEqual([
      expect.stringMatching(/^postgres:\/\/narwhal_serving_2:\w+@127\.0\.0\.1:5432\/narwhal$/),
      expect.stringMatching(/^redis:\/\/narwhal_2:\w+@127\.0\.0\.1:6379$/),
    ]);
    expect(alone.tell('psql', '-c', 'SELECT 1', before.database).text).toContain(
      'password authentication failed',
    );
    expect(alone.tell('redis-cli', '-u', before.redis, 'PING').text).toMatch(/WRONGPASS|NOAUTH/);
    const rings = alone.do('cat', '/etc/narwhal/secrets/token-keys', '/etc/narwhal/secrets/media-keys');
    expect(rings).toMatch(/^\d{6}a:\w+,k1:\w+\n\d{6}a:\w+,k1:\w+\n$/);
    // Signed by the keys before, and shown all the same.
    expect(await look(alone, shown)).toMatchObject({ picture: 200 });
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
    const record = alone.do('narwhal', 'admin', 'audit');
    for (const name of ['TOKEN_KEYS', 'MEDIA_KEYS', 'DATABASE_URL', 'REDIS_URL'])
      expect(record).toMatch(new RegExp(`keys\\.rotated of the instance by .*"${name}"`));
  });

  test('goes on with a turn that was cut off, and keeps its passwords when it is set up again', async () => {
    const { alone } = story;
    // Cut off once the servers and the settings have the new passwords, and before any process has them.
    alone.type(
      `cp -p /usr/lib/narwhal/roll /run/roll; printf '#!/bin/sh\\nkill -9 $PPID\\n' > /usr/lib/narwhal/roll`,
    );
    expect(alone.tell('narwhal', 'keys', 'rotate', 'DATABASE_URL', 'REDIS_URL').code).not.toBe(0);
    alone.do('mv', '/run/roll', '/usr/lib/narwhal/roll');
    const cutOff = urls(story);
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
    alone.do('narwhal', 'keys', 'rotate', 'DATABASE_URL', 'REDIS_URL');
    expect(urls(story)).toEqual(cutOff);
    expect(cutOff.database).toContain('//narwhal_serving:');
    alone.do('narwhal', 'setup', 'all');
    expect(urls(story)).toEqual(cutOff);
    expect(alone.do('narwhal', 'keys')).toMatch(/^DATABASE_URL {2}\/etc\S+ {2}since /m);
    expect(alone.do('narwhal', 'doctor')).toContain('No faults.');
  });
}
