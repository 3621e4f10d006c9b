import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { clockAhead } from './harness/clock.js';
import { asked, proofOf, ready, shown, type Export } from './harness/exports.js';
import { MailReceiver, secretsOf, textOf } from './harness/mail-server.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { entriesOf } from './harness/zip.js';

const receiver = new MailReceiver();
let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await startStack({ env: { SMTP_URL: await receiver.start() } });
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});

const ask = (person: Person, proof: string) =>
  person.request('post', '/v1/me/exports').set('Narwhal-Proof', proof);
const pathOf = ({ url }: Required<Export>) => new URL(url).pathname + new URL(url).search;
/** A client of JSON would read a zip as text. */
const download = (server: string, path: string) =>
  request(server)
    .get(path)
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(null, Buffer.concat(chunks)));
    });
/** Those about exports; another confirms the address. */
const mailsTo = ({ user }: Person) =>
  receiver.received.filter(
    ({ to, source }) =>
      to.includes(`${user.username}@example.org`) && textOf(source).includes('/account/export?'),
  );
const form = (fields: Record<string, string>) =>
  request(stack.url).post('/account/export').type('form').send(new URLSearchParams(fields).toString());

test('an export needs a fresh proof, and is the same one for a day', async () => {
  refused(await ada.request('post', '/v1/me/exports'), 403, 'proof_required');
  refused(await ask(ada, await proofOf(grace)), 403, 'proof_required');
  const proof = await proofOf(ada);
  const answers = await Promise.all([ask(ada, proof), ask(ada, proof), ask(ada, proof)]);
  expect(new Set(answers.map(({ body }) => (body as Export).id)).size).toBe(1);
  const [first] = answers.map(({ body, headers }) => ({ ...(body as Export), at: headers['location'] }));
  if (!first) return;
  expect(first.at).toBe(`/v1/me/exports/${first.id}`);
  await ready(ada, first);
  expect((await asked(ada)).id).toBe(first.id);
  const { body } = await ada.request('get', '/v1/me/security-events').expect(200);
  const kinds = (body as { items: { kind: string }[] }).items.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'export.asked')).toHaveLength(1);
});

describe('a ready export', () => {
  let edsger: Person;
  let made: Required<Export>;
  let zip: Buffer;
  const picture = drawn({ seed: 5 });

  beforeAll(async () => {
    edsger = await signUp(stack, 'edsger');
    await edsger.post([await edsger.upload(await picture)], { caption: 'Fog over the pier' });
    made = await ready(edsger, await asked(edsger));
    zip = (await download(stack.url, pathOf(made)).expect(200)).body as Buffer;
  });

  test('is a zip with the original, and a mail says so', async () => {
    expect(zip.length).toBe(made.bytes);
    const files = entriesOf(zip);
    const name = [...files.keys()].find((path) => path.startsWith('photos/'));
    expect(files.get(name ?? '')?.equals((await picture).bytes)).toBe(true);
    const shown = files.get('index.html')?.toString() ?? '';
    expect(shown).toContain('Fog over the pier');
    // All of it stands in `main`, which has the margins.
    expect(shown.indexOf('</main>')).toBeGreaterThan(shown.indexOf('Fog over the pier'));
    expect(shown.match(/<\/(main|body|html)>/g)).toEqual(['</main>', '</body>', '</html>']);
    await expect.poll(() => mailsTo(edsger).length, { timeout: patient(20_000) }).toBe(1);
    expect(textOf(mailsTo(edsger)[0]?.source ?? '')).toContain('/account/export?token=');
  });

  test('is downloaded in parts, as a file of the browser', async () => {
    const path = pathOf(made);
    const part = await download(stack.url, path).set('Range', 'bytes=100-').expect(206);
    expect((part.body as Buffer).equals(zip.subarray(100))).toBe(true);
    expect(part.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="narwhal-${made.id}.zip"`,
      'content-range': `bytes 100-${zip.length - 1}/${zip.length}`,
      'cache-control': 'private, no-store',
    });
    const tag = part.headers['etag'] ?? '';
    await download(stack.url, path).set('Range', 'bytes=0-9').set('If-Range', tag).expect(206);
    await download(stack.url, path).set('Range', `bytes=${zip.length}-`).expect(416);
  });

  test('is nobody else’s, by its id or by an altered address', async () => {
    const path = pathOf(made);
    refused(await grace.request('get', `/v1/me/exports/${made.id}`), 404, 'not_found');
    refused(await request(stack.url).get(`/v1/me/exports/${made.id}`), 401, 'token_missing');
    const others = (await ready(grace, await asked(grace))).id;
    for (const altered of [
      path.replace(/s=./, 's=_'),
      path.replace(/e=\d/, 'e=9'),
      path.replace(made.id, others),
      path.split('?')[0] ?? '',
    ])
      refused(await request(stack.url).get(altered), 403, 'url_invalid');
    // The signature of a picture’s folder opens no export.
    const [photo] = (await edsger.request('get', `/v1/users/${edsger.id}/posts`)).body.items as {
      photos: { renditions: { w320: { url: string } } }[];
    }[];
    const { search } = new URL(photo?.photos[0]?.renditions.w320.url ?? '');
    refused(await request(stack.url).get(`/v1/me/exports/${made.id}/file${search}`), 403, 'url_invalid');
  });

  test('is found by the mail’s link and the password, and by neither alone', async () => {
    await expect.poll(() => mailsTo(edsger).length, { timeout: patient(20_000) }).toBe(1);
    const { link, token } = secretsOf(mailsTo(edsger)[0]?.source ?? '');
    const { pathname, search } = new URL(link);
    const page = await request(stack.url)
      .get(pathname + search)
      .expect(200);
    expect(page.text).not.toContain('/file?');
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect((await form({ token, password: 'not this one at all' }).expect(403)).text).toContain(
      'role="alert"',
    );
    await form({ token: `${token}x`, password: PASSWORD }).expect(403);
    await form({ token, password: PASSWORD }).set('Sec-Fetch-Site', 'cross-site').expect(403);
    const found = await form({ token, password: PASSWORD }).expect(200);
    const address = /href="([^"]+\/file\?[^"]+)"/.exec(found.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { pathname: file, search: query } = new URL(address);
    const whole = await download(stack.url, file + query).expect(200);
    expect((whole.body as Buffer).equals(zip)).toBe(true);
  });

  test('is in the app alone for who has a second factor', async () => {
    const { token } = secretsOf(mailsTo(edsger)[0]?.source ?? '');
    await stack.database.query(
      `INSERT INTO factors (shard, id, user_id, kind, confirmed_at)
       SELECT shard_of(id), id, $1, 'totp', now() FROM next_id(shard_of($1::bigint)) AS id`,
      [edsger.id],
    );
    const page = await request(stack.url).get(`/account/export?token=${token}`).expect(200);
    expect(page.text).not.toContain('<form');
    await form({ token, password: PASSWORD }).expect(403);
    await stack.database.query('DELETE FROM factors WHERE user_id = $1', [edsger.id]);
  });

  test('is over after a week, and its address after a day', async () => {
    const tomorrow = await stack.guest(clockAhead(25 * 60 * 60));
    refused(await request(tomorrow.url).get(pathOf(made)), 403, 'url_expired');
    const { token } = secretsOf(mailsTo(edsger)[0]?.source ?? '');
    const later = await stack.guest(clockAhead(8 * 24 * 60 * 60));
    await request(later.url).get(`/account/export?token=${token}`).expect(403);
  });

  test('ends with the account', async () => {
    const path = pathOf(made);
    await edsger.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    refused(await request(stack.url).get(path), 404, 'not_found');
    const { token } = secretsOf(mailsTo(edsger)[0]?.source ?? '');
    await request(stack.url).get(`/account/export?token=${token}`).expect(403);
    await stack.eraseClosed();
    await expect
      .poll(
        async () =>
          (await readdir(stack.objects, { recursive: true })).filter((name) => /export\d+\.zip$/.test(name))
            .length,
        { timeout: patient(20_000) },
      )
      .toBe(2);
  });
});

test('a changed password ends the mail’s link, not the export', async () => {
  const made = await ready(grace, await asked(grace));
  await expect.poll(() => mailsTo(grace).length, { timeout: patient(20_000) }).toBe(1);
  const { token } = secretsOf(mailsTo(grace)[0]?.source ?? '');
  const next = 'another one of hers entirely';
  await grace.request('put', '/v1/me/password', { current: PASSWORD, next }).expect(204);
  await request(stack.url).get(`/account/export?token=${token}`).expect(403);
  const again = await signIn(stack, grace.user.username, next);
  expect((await shown(again, made)).state).toBe('ready');
});

test('a worker that is killed over an export leaves it to the next, whole', async () => {
  const barbara = await signUp(stack, 'barbara');
  for (let seed = 0; seed < 3; seed += 1) await barbara.upload(await drawn({ seed: 30 + seed }));
  await stack.worker.kill();
  const begun = await asked(barbara);
  expect(begun).toMatchObject({ state: 'waiting', progress: 0 });
  expect(begun.url).toBeUndefined();
  await stack.database.query(
    `UPDATE transfers SET state = 'running', attempts = 1, attempted_at = now() - interval '1 minute' WHERE id = $1`,
    [begun.id],
  );
  await stack.worker.start();
  const made = await ready(barbara, begun);
  const files = entriesOf((await download(stack.url, pathOf(made)).expect(200)).body as Buffer);
  expect([...files.keys()].filter((path) => path.startsWith('photos/'))).toHaveLength(3);
});

test.skipIf(!nginxInstalled)(
  'NGINX sends it from the disk, in parts, and no log holds its address',
  async () => {
    const api = await stack.guest({ NGINX_SENDS_FILES: 'on' });
    const settings = { ...stack.api.settings, PUBLIC_URL: stack.url };
    const nginx = await Nginx.start('export-nginx', { settings, apis: [new URL(api.url).host] });
    try {
      const alan = await signUp(stack, 'alan');
      const path = pathOf(await ready(alan, await asked(alan)));
      const whole = await download(nginx.url, path).expect(200);
      expect(entriesOf(whole.body as Buffer).has('index.html')).toBe(true);
      expect(whole.headers).toMatchObject({
        'content-type': 'application/zip',
        'content-disposition': expect.stringContaining('attachment') as string,
        'cache-control': 'private, no-store',
      });
      const tag = whole.headers['etag'] ?? '';
      const part = await download(nginx.url, path).set('Range', 'bytes=50-').set('If-Range', tag).expect(206);
      expect((part.body as Buffer).equals((whole.body as Buffer).subarray(50))).toBe(true);
      refused(await request(nginx.url).get(path.replace(/s=./, 's=_')), 403, 'url_invalid');
      const { search } = new URL(path, nginx.url);
      for (const file of ['access.log', 'error.log'])
        expect(readFileSync(join(nginx.folder, file), 'utf8')).not.toContain(search.slice(-22));
    } finally {
      await nginx.stop();
    }
  },
);
