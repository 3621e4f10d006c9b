import { expect } from 'vitest';
import type { ProblemBody, Session } from '../harness/contract.js';
import { patient } from '../harness/pace.js';
import { PASSWORD, signIn, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { create } from '../harness/tus.js';
import { Wire } from '../harness/wire.js';
import { client, QUOTA, tally, times, unique, type Attack } from './attack.js';

/** A request of which one byte of the body comes. */
export const endless =
  'POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';

/** Those faults of the first audit that are about too much: bytes, guesses, requests at once. */
export const floods: Attack[] = [
  {
    what: '3: fifteen resumable uploads at once, of which two have room',
    expected: '201 × 2, 422 quota_exceeded × 13',
    seen: async ({ mallory }) => tally(await times(15, () => create(mallory, QUOTA * 0.4))),
  },
  {
    what: '3: upload and delete, again and again',
    expected: 'taken: two quotas at most; then 422 quota_exceeded × 1: bytesPerDay',
    seen: async ({ mallory }) => {
      const { bytes, name, type } = await drawn();
      for (let taken = 0; taken <= 3 * QUOTA; taken += bytes.length) {
        const sent = mallory.request('post', '/v1/photos');
        const answer = await sent.attach('file', bytes, { filename: name, contentType: type });
        if (answer.status >= 400) {
          const { quota } = (answer.body as ProblemBody).params;
          const much = taken > QUOTA && taken <= 2 * QUOTA ? 'two quotas at most' : `${taken} bytes`;
          return `taken: ${much}; then ${tally([answer])}: ${String(quota)}`;
        }
        await mallory.request('delete', `/v1/photos/${(answer.body as { id: string }).id}`).expect(204);
      }
      return 'taken: more than three quotas';
    },
  },
  {
    what: '4: guess a password, from another address each time',
    expected: 'guesses that were told to wait: some',
    seen: async ({ ada, limited }) => {
      const login = ada.user.username;
      const guess = (index: number) =>
        client(limited)
          .post('/v1/sessions')
          .set('X-Forwarded-For', `203.0.113.${index}`)
          .send({ login, password: `guess ${index}` });
      const waits = (await times(60, guess)).filter(({ status }) => status === 429);
      return `guesses that were told to wait: ${waits.length > 0 ? 'some' : 'none'}`;
    },
  },
  {
    what: '4: stop Ada from signing in by wrong passwords, while she is in a network and with a client that nobody knows',
    expected: 'without her last refresh token 429, with Mallory’s 429, with hers 201',
    seen: async ({ ada, mallory, limited }) => {
      const login = ada.user.username;
      const send = (address: string, body: object) =>
        client(limited)
          .post('/v1/sessions')
          .set('X-Forwarded-For', address)
          .send({ login, ...body });
      for (const { session } of [mallory, mallory, mallory, mallory, mallory])
        await send('198.18.1.1', { password: 'guess', refreshToken: session.refreshToken }).expect(401);
      const from = (person?: Person) =>
        send('198.18.2.1', {
          password: PASSWORD,
          ...(person && { refreshToken: person.session.refreshToken }),
        });
      const answers = await Promise.all([from(), from(mallory)]);
      const [without, wrong, own] = [...answers, await from(ada)].map(({ status }) => status);
      return `without her last refresh token ${without}, with Mallory’s ${wrong}, with hers ${own}`;
    },
  },
  {
    what: '5: sign in from many addresses of one /64, zeros or not',
    expected: 'its own 429, the next network’s 401',
    seen: async ({ limited }) => {
      const network = `2001:db8:${unique()}`;
      const from = (address: string) =>
        client(limited)
          .post('/v1/sessions')
          .set('X-Forwarded-For', address)
          .send({ login: `nobody${unique()}`, password: 'y' });
      const forms = ['::1', ':0:1:2:3:4', ':0:0:0:9::', '::ffff'];
      const own = await times(48, (index) => from(network + (forms[index % forms.length] ?? '')));
      const last = own.some(({ status }) => status === 429) ? 429 : 401;
      return `its own ${last}, the next network’s ${(await from(`${network}:1::1`)).status}`;
    },
  },
  {
    what: '6: 450 refreshes behind one carrier address, whose sign-ins are used up',
    expected: 'sign-ins that were told to wait: some, refreshes: 200 × 450',
    seen: async ({ ada, server, limited }) => {
      const carrier = `198.51.100.${unique()}`;
      const send = (path: string, body: object) =>
        client(limited).post(path).set('X-Forwarded-For', carrier).send(body);
      const login = `nobody${unique()}`;
      const signIns = await times(48, () => send('/v1/sessions', { login, password: 'y' }));
      const phone = async () => {
        let { refreshToken } = (await signIn(server, ada.user.username)).session;
        const answers = [];
        for (let turn = 0; turn < 25; turn += 1) {
          const answer = await send('/v1/sessions/refresh', { refreshToken });
          answers.push(answer);
          ({ refreshToken } = (answer.body as { session?: Session }).session ?? { refreshToken });
        }
        return answers;
      };
      const refreshes = (await times(18, phone)).flat();
      const waits = signIns.filter(({ status }) => status === 429).length;
      return `sign-ins that were told to wait: ${waits > 0 ? 'some' : 'none'}, refreshes: ${tally(refreshes)}`;
    },
  },
  {
    what: '11: 240 sign-ins at once, while Ada reads, and signs in where she did before and with a refresh token',
    expected: 'told that it is busy: some; meanwhile 200 × 10, 201 × 2',
    seen: async ({ ada, server }) => {
      const signIn = (agent: string, more = {}) =>
        client(server)
          .post('/v1/sessions')
          .set('User-Agent', agent)
          .send({ login: ada.user.username, password: PASSWORD, ...more });
      await signIn('A phone of hers').expect(201);
      const { refreshToken } = ada.session;
      let over = 0;
      let busy = 0;
      const flood = times(240, async (index) => {
        const body = { login: `nobody${index}`, password: PASSWORD };
        const { status } = await client(server).post('/v1/sessions').send(body);
        over += 1;
        busy += status === 503 ? 1 : 0;
      });
      await expect.poll(() => busy, { interval: 5, timeout: patient(20_000) }).toBeGreaterThan(0);
      const answers = await Promise.all([
        signIn('A phone of hers'),
        signIn('One that nobody knows', { refreshToken }),
        times(10, () => ada.request('get', '/v1/feed')),
      ]);
      const when = over < 240 ? 'meanwhile' : 'when it was over';
      await flood;
      return `told that it is busy: ${busy > 0 ? 'some' : 'none'}; ${when} ${tally(answers.flat())}`;
    },
  },
  {
    what: '12: say how much the log tells, without the operators’ token or with a person’s',
    expected: '401 × 2, level info',
    seen: async ({ mallory, stack }) => {
      const url = new URL('/log-level', stack.api.metricsUrl).href;
      const bearers = ['', `Bearer ${mallory.session.accessToken}`];
      const put = (authorization: string) =>
        fetch(`${url}?level=debug`, { method: 'PUT', headers: { authorization } });
      const tries = await Promise.all(bearers.map(put));
      const { level } = (await (await fetch(url)).json()) as { level: string };
      return `${tally(tries.map(({ status }) => ({ status, body: {} })))}, level ${level}`;
    },
  },
  {
    what: '12: 220 bodies that never end',
    expected: 'the api holds 200 at most; another is served: 401 bad_credentials × 1',
    seen: async ({ server, stack }) => {
      const wires = await times(220, () => Wire.open(server.url));
      let refused = 0;
      const isBusy = /^HTTP\/1\.1 503 /;
      for (const wire of wires)
        void wire.until(isBusy).then((text) => (refused += isBusy.test(text) ? 1 : 0));
      await Promise.all(wires.map((wire) => wire.send(endless)));
      // NGINX keeps them to itself.
      if (server === stack)
        await expect.poll(() => refused, { timeout: patient(10_000) }).toBeGreaterThanOrEqual(20);
      const other = client(server).post('/v1/sessions').set('X-Forwarded-For', '203.0.113.250');
      const answer = await other.send({ login: `nobody${unique()}`, password: 'y' });
      for (const wire of wires) wire.drop();
      return `the api holds 200 at most; another is served: ${tally([answer])}`;
    },
  },
  {
    what: '12: a body that stands still',
    expected: 'its connection is ended',
    seen: async ({ server, stack, standing }) => {
      const answer = await standing;
      // NGINX ends it without a word.
      const isTold = /^HTTP\/1\.1 408 .*"code":"request_timeout"/s.test(answer);
      return (server === stack ? isTold : answer === '') ? 'its connection is ended' : answer;
    },
  },
];
