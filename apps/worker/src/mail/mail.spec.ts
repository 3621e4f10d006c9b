import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG, type Config, type Id } from '@app/platform';
import { ResetRequests } from '@app/domain';
import { MailRows } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { EffectsService } from '../effects/effects.service.js';
import { StuckRows } from '../sweep/overdue.js';
import { readEml } from './eml.js';
import { MailServer, type Letter } from './mail-server.js';
import { Mails } from './mails.js';

let room: WorkerRoom;
let ada: { id: Id; username: string; email: string };

beforeAll(async () => {
  room = await workerRoom();
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.database.query('TRUNCATE outbox, mails');
  const id = await room.person();
  const [row] = await room.database.query<typeof ada>(
    `UPDATE users SET email = username || '@example.org' WHERE id = $1 RETURNING id, username, email`,
    [id],
  );
  if (row) ada = row;
  await room.database.query('INSERT INTO usernames VALUES ($1, $2)', [ada.username, ada.id]);
});

const ask = (login = ada.username) => room.get(ResetRequests).ask(login, 'en');
const rows = () =>
  room.database.query<{ user_id: Id | null; login: string | null; address: string | null; sent: boolean }>(
    'SELECT user_id, login, address, sent_at IS NOT NULL AS sent FROM mails ORDER BY created_at',
  );
/** Carries out what waits, and what comes of it. */
async function work(): Promise<void> {
  for (let waiting = await room.outbox(); waiting.length > 0; waiting = await room.outbox())
    for (const { id } of waiting) await room.get(EffectsService).run(id);
}
const serverOf = (settings: Partial<Config>) =>
  new MailServer({ ...room.get<Config>(CONFIG as never), ...settings });
const letter: Letter = { id: '1', to: 'ada@example.org', subject: 'S', text: 'T\n', html: '<p>T</p>' };
async function written(sent: Letter, settings: Partial<Config> = {}): Promise<string> {
  const server = serverOf(settings);
  await server.send(sent);
  return readFile(join(server.folder ?? '', `${sent.id}.eml`), 'utf8');
}

test('a request knows nobody until the worker has found out whose it is', async () => {
  await ask(` ${ada.username.toUpperCase()} `);
  expect(await rows()).toEqual([{ user_id: null, login: ada.username, address: null, sent: false }]);
  await work();
  expect(await rows()).toEqual([{ user_id: ada.id, login: null, address: ada.email, sent: true }]);
});

test('a request for nobody leaves nothing', async () => {
  await ask('nobody');
  await work();
  expect(await rows()).toEqual([]);
});

test('a request that is carried out twice makes one mail, and a mail is sent once', async () => {
  await ask();
  const [request] = await room.outbox();
  const [asked] = await room.database.query<{ id: Id }>('SELECT id FROM mails');
  const mails = room.get(Mails);
  await Promise.all([mails.carryOut(asked?.id ?? ''), mails.carryOut(asked?.id ?? '')]);
  await room.get(EffectsService).run(request?.id ?? '');
  await work();
  expect(await rows()).toHaveLength(1);
  const [mail] = await room.database.query<{ id: Id; attempts: number }>('SELECT id, attempts FROM mails');
  await mails.carryOut(mail?.id ?? '');
  expect(mail?.attempts).toBe(1);
});

test('pauses grow from a minute to an hour, and end with the link', async () => {
  await ask();
  await room.get(EffectsService).run((await room.outbox())[0]?.id ?? '');
  const [mail] = await room.database.query<{ id: Id }>('SELECT id FROM mails');
  await room.database.query(`UPDATE mails SET expires_at = now() + interval '1 day'`);
  const pauses: number[] = [];
  const pause = `SELECT round(extract(epoch FROM next_try_at - clock_timestamp()))::int AS seconds FROM mails`;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    expect(await room.get(MailRows).claim(mail?.id ?? '')).not.toBeNull();
    expect(await room.get(MailRows).claim(mail?.id ?? '')).toBeNull();
    pauses.push((await room.database.query<{ seconds: number }>(pause))[0]?.seconds ?? 0);
    await room.database.query(`UPDATE mails SET next_try_at = now()`);
  }
  expect(pauses.map((seconds) => Math.round(seconds / 60))).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  await room.database.query(`UPDATE mails SET expires_at = now() + interval '5 minutes'`);
  await room.get(MailRows).claim(mail?.id ?? '');
  expect((await room.database.query<{ seconds: number }>(pause))[0]?.seconds).toBeLessThanOrEqual(300);
});

test('a mail whose pause is over gets its effect again, and none that has one', async () => {
  await ask();
  await room.get(EffectsService).run((await room.outbox())[0]?.id ?? '');
  await room.database.query(`UPDATE mails SET next_try_at = now() - interval '1 minute'`);
  await room.get(StuckRows).sendMails(1, 10);
  expect(await room.outbox()).toHaveLength(1);
  await room.database.query('TRUNCATE outbox');
  await room.get(StuckRows).sendMails(1, 10);
  await room.get(StuckRows).sendMails(1, 10);
  expect(await room.outbox()).toHaveLength(1);
});

test.each(['Ada\r\nBcc: eve@example.org', '"Ada" <eve@example.org>', 'Fotos: für, alle <b>', '\u202eevil'])(
  'the name %j is one name in one header',
  async (INSTANCE_NAME) => {
    const headersOf = (file: string) =>
      (file.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
    const namesOf = (lines: string[]) => new Set(lines.map((line) => line.split(':')[0]?.toLowerCase()));
    const headers = headersOf(
      await written({ ...letter, subject: `Reset ${INSTANCE_NAME}` }, { INSTANCE_NAME }),
    );
    expect(namesOf(headers)).toEqual(namesOf(headersOf(await written(letter))));
    expect(headers.filter((line) => /^to:/i.test(line))).toEqual(['To: ada@example.org']);
    expect(headers.find((line) => /^from:/i.test(line))).toMatch(/<narwhal@localhost>$/);
  },
);

test('a file is shown as it was meant, whatever it has to encode', async () => {
  const sent = {
    ...letter,
    to: 'grace@example.org',
    subject: 'Passwort zurücksetzen für „Fotos“, auch mit einem Namen, der über eine Zeile hinausgeht 🦄',
    text: `Grüße = "alles" ${'sehr '.repeat(40)}\n\nhttps://photos.example/account/reset?token=1.a=b\n`,
  };
  const { to, subject, text } = readEml(await written(sent));
  expect({ to, subject, text: text.trimEnd() }).toEqual({
    to: sent.to,
    subject: sent.subject,
    text: sent.text.trimEnd(),
  });
});

test('files of mails are forgotten', async () => {
  const server = serverOf({});
  await server.send(letter);
  await server.send({ ...letter, id: '2' });
  await utimes(join(server.folder ?? '', '1.eml'), new Date(0), new Date(0));
  await server.forgetBefore(new Date(1_000));
  expect(await readdir(server.folder ?? '')).not.toContain('1.eml');
  expect(await readdir(server.folder ?? '')).toContain('2.eml');
});
