import type { Page, Post, Session } from '../harness/contract.js';
import { PASSWORD } from '../harness/people.js';
import { alive, client, tally, times, unique, type Attack } from './attack.js';

/** The faults of the first audit, by their numbers there. */
export const found: Attack[] = [
  {
    what: '1: sign in with the old password while it changes',
    expected: 'sessions that live on: 0',
    seen: async ({ ada, server }) => {
      const going = times(8, () =>
        client(server).post('/v1/sessions').send({ login: ada.user.username, password: PASSWORD }),
      );
      await ada
        .request('put', '/v1/me/password', { current: PASSWORD, next: 'a newer horse battery' })
        .expect(204);
      const begun = (await going).filter(({ status }) => status === 201);
      const lives = await Promise.all(
        begun.map(({ body }) => alive((body as { session: Session }).session, server)),
      );
      return `sessions that live on: ${lives.filter(({ status }) => status === 200).length}`;
    },
  },
  {
    what: '2: ids of private posts in the cursors of a tag',
    expected: 'pages 1, ids 0',
    seen: async ({ ada, mallory, server, stack, posted }) => {
      const tag = `tag${ada.id}`;
      await posted(mallory, `Mine #${tag}`);
      const hidden = [await posted(ada, `#${tag}`), await posted(ada, `#${tag}`)];
      await ada.request('patch', '/v1/me', { private: true }).expect(200);
      await stack.quiet();
      const cursors: string[] = [];
      let pages = 0;
      for (let next = ''; pages < 9; pages += 1) {
        const { body } = await client(server).get(`/v1/tags/${tag}/posts?limit=1${next}`).expect(200);
        const { nextCursor, items } = body as Page<Post>;
        if (nextCursor === null) {
          pages += items.length;
          break;
        }
        cursors.push(nextCursor);
        next = `&cursor=${nextCursor}`;
      }
      const bytes = cursors
        .map((cursor) => cursor + Buffer.from(cursor, 'base64url').toString('latin1'))
        .join(' ');
      const packed = (id: string) =>
        Buffer.from(BigInt(id).toString(16).padStart(16, '0'), 'hex').toString('latin1');
      const told = hidden.filter(({ id, code }) =>
        [id, code, packed(id)].some((form) => bytes.includes(form)),
      );
      return `pages ${pages}, ids ${told.length}`;
    },
  },
  {
    what: '2: a cursor that was altered, or is of another list',
    expected: '400 cursor_invalid × 2',
    seen: async ({ ada, mallory, server, posted }) => {
      await posted(ada, 'One');
      await posted(ada, 'Two');
      const list = `/v1/users/${ada.id}/posts`;
      const { body } = await ada.request('get', `${list}?limit=1`).expect(200);
      const cursor = String((body as Page<Post>).nextCursor);
      const altered = cursor.replace(/.(.)$/, (_, last: string) => (last === 'A' ? 'BA' : 'Ag'));
      const asked = [`${list}?cursor=${altered}`, `/v1/users/${mallory.id}/posts?cursor=${cursor}`];
      return tally(await Promise.all(asked.map((path) => client(server).get(path))));
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
    what: '4: passwords that anybody guesses first',
    expected: '422 password_too_weak × 4',
    seen: async ({ server }) => {
      const username = `weak${unique()}`;
      const sent = ['password', '12345678', '          ', `${username}${username}`].map((password) =>
        client(server)
          .post('/v1/users')
          .send({ username, email: `${username}@example.org`, password }),
      );
      return tally(await Promise.all(sent));
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
    what: '8: write into Redis that one is an admin',
    expected: '404 not_found × 1',
    seen: async ({ mallory, stack }) => {
      const redis = stack.redis.client();
      await mallory.request('get', '/v1/me').expect(200);
      const cached = await redis.keys(`*:session:${mallory.session.id}`);
      await Promise.all(cached.map((key) => redis.set(key, 'admin')));
      return `${tally([await mallory.request('get', '/admin/health')])}${cached.length === 1 ? '' : ', no cached session'}`;
    },
  },
  {
    what: '10: a stolen refresh token, repeated beside its owner’s',
    expected: '200 × 4, 429 rate_limited × 2',
    seen: async ({ ada, server }) => {
      const { refreshToken } = ada.session;
      const answers = [];
      for (let turn = 0; turn < 6; turn += 1)
        answers.push(await client(server).post('/v1/sessions/refresh').send({ refreshToken }));
      return tally(answers);
    },
  },
  {
    what: '13: a page of another origin reads /metrics; JSON is shown as a page',
    expected: 'CORS none, CSP default-src none',
    seen: async ({ server, stack }) => {
      const metrics = await fetch(stack.api.metricsUrl, { headers: { origin: 'https://evil.example' } });
      const { headers } = await client(server).get('/v1/instance');
      const csp = String(headers['content-security-policy']) === "default-src 'none'; frame-ancestors 'none'";
      return `CORS ${metrics.headers.get('access-control-allow-origin') ?? 'none'}, CSP ${csp ? 'default-src none' : 'missing'}`;
    },
  },
  {
    what: '14: take a name that was given up',
    expected: '409 username_taken × 1',
    seen: async ({ ada, mallory }) => {
      const { username } = ada.user;
      await ada.request('patch', '/v1/me', { username: `${username}_new` }).expect(200);
      return tally([await mallory.request('patch', '/v1/me', { username })]);
    },
  },
];
