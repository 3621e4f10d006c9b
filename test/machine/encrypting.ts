import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Guest } from './guest.js';
import { commandsOf } from './page.js';
import { seconds, type Story } from './story.js';

const name = 'photos.example.org';

/** An authority for certificates on the machine: Pebble, which Let's Encrypt tests clients with; certbot is told of it in its own settings. */
async function authority({ alone }: Story): Promise<void> {
  const folder = join(alone.root, 'srv/authority');
  mkdirSync(folder);
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    join(folder, 'key.pem'),
  ];
  const args = [
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=localhost',
    '-days',
    '2',
    '-out',
    join(folder, 'own.pem'),
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
  const pebble = {
    listenAddress: '127.0.0.1:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: '/srv/authority/own.pem',
    privateKey: '/srv/authority/key.pem',
    httpPort: 80,
    tlsPort: 443,
  };
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify({ pebble }));
  const environment = ['--setenv=PEBBLE_VA_NOSLEEP=1', '--setenv=PEBBLE_WFE_NONCEREJECT=0'];
  alone.type(
    `printf 'server = https://127.0.0.1:14000/dir\\nno-verify-ssl = True\\n' >> /etc/letsencrypt/cli.ini; echo '127.0.0.1 ${name}' >> /etc/hosts`,
  );
  alone.do(
    'systemd-run',
    '--unit=authority',
    ...environment,
    'pebble',
    '-config',
    '/srv/authority/pebble.json',
  );
  await alone.waitFor(/newOrder/, 'curl', '-ks', 'https://127.0.0.1:14000/dir');
}

/** The serial number of the certificate that the next client is shown. */
function shownSerial(alone: Guest): string {
  const ask = `const socket = require('tls').connect({ port: 443, host: '127.0.0.1', servername: '${name}', rejectUnauthorized: false }, () => { console.log(socket.getPeerCertificate().serialNumber); socket.end(); })`;
  return alone.do('/usr/lib/narwhal/node/bin/node', '-e', ask).trim();
}

/** Requests on connections of their own, each with its handshake, while something is typed. Returns what came of them. */
async function shaking(alone: Guest, token: string, commands: string): Promise<string[]> {
  const ask = `curl -ks -m 10 -o /dev/null -w '%{http_code}\\n' -H 'authorization: Bearer ${token}' https://${name}/v1/feed`;
  const loop = `(while [ ! -e /run/enough ]; do ${ask} || true; done > /run/answers) &`;
  alone.type('rm -f /run/enough');
  const { code, text } = await alone.meanwhile(
    'bash',
    '-c',
    `${loop} ${commands}\nstatus=$?; touch /run/enough; wait; exit $status`,
  );
  if (code !== 0) throw new Error(`expected "${commands}" to succeed but received ${code}:\n${text}`);
  return alone.do('cat', '/run/answers').trim().split('\n');
}

/** TLS, by the commands of docs/install-ubuntu.md and a real authority. */
export function encrypting(story: Story): void {
  const [certified = '', addressed = ''] = commandsOf('TLS');

  test('gets a certificate by the words of the page, and sends everybody to HTTPS', async () => {
    const { alone, measured, shown } = story;
    await authority(story);
    const begun = performance.now();
    alone.type(certified);
    alone.type(addressed);
    measured['TLS, by certbot'] = seconds(begun);
    const plain = alone.do('curl', '-si', `http://${name}/v1/feed`);
    expect(plain).toMatch(/^HTTP\/1\.1 308/);
    expect(plain).toMatch(new RegExp(`^location: https://${name}/v1/feed`, 'im'));
    const header = `authorization: Bearer ${shown.token}`;
    const answer = alone.do('curl', '-ksi', '-H', header, `https://${name}/v1/posts/${shown.post}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(answer).toContain(`https://${name}/media/`);
    expect(answer).toMatch(/^strict-transport-security: max-age=\d+/im);
    expect(alone.do('stat', '-c', '%a %U %G', '/etc/narwhal/tls/privkey.pem').trim()).toBe(
      '640 root narwhal',
    );
    expect(alone.do('narwhal', 'doctor')).toMatch(
      /the certificate of narwhal-nginx\.service is good for \d+ days/,
    );
    expect(alone.do('narwhal', 'keys')).toMatch(/^TLS .* ends \d{4}-\d\d-\d\d$/m);
  });

  test('renews it while it serves, without a failed request', async () => {
    const { alone, shown } = story;
    const before = shownSerial(alone);
    const renew = 'certbot renew --force-renewal --no-random-sleep-on-renew';
    const answers = await shaking(alone, shown.token, renew);
    story.measured['requests during a renewal'] = String(answers.length);
    expect(answers.filter((status) => status !== '200')).toEqual([]);
    await expect.poll(() => shownSerial(alone), { timeout: 20_000 }).not.toBe(before);
  });

  test('refuses a certificate of another key, and one that cannot be read, and goes on with the one before', () => {
    const { alone } = story;
    const before = shownSerial(alone);
    const live = `/etc/letsencrypt/live/${name}`;
    alone.type(
      `mkdir /run/other; cp ${live}/fullchain.pem /run/other; cp /srv/authority/key.pem /run/other/privkey.pem`,
    );
    const mixed = alone.tell('/usr/lib/narwhal/certificate', '/run/other');
    expect([mixed.code, mixed.text]).toEqual([
      1,
      'narwhal: the certificate of /run/other belongs to another key than privkey.pem: it was not taken, and NGINX goes on as before.\n',
    ]);
    alone.type('echo nothing > /run/other/fullchain.pem');
    expect(alone.tell('/usr/lib/narwhal/certificate', '/run/other').text).toContain('cannot be read');
    alone.do('systemctl', 'restart', 'narwhal-nginx');
    expect(shownSerial(alone)).toBe(before);
    // Of those before, none is left.
    expect(alone.type('ls -d /etc/narwhal/tls.*').trim()).toMatch(/^\S+$/);
  });
}
