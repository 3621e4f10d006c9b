import type { Page, Post, Session } from '../harness/contract.js';
import { admin } from '../harness/admin-command.js';
import { PASSWORD, signIn, type Person } from '../harness/people.js';
import { alive, client, tally, times, unique, type Attack } from './attack.js';

/** The faults of the first audit, by their numbers there; those that need many requests are in floods.ts. */
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
    what: '1: repeat a sign-up under its key after the password changed, or guess the old one',
    expected: '401 bad_credentials × 1, 403 bad_credentials × 1, 410 gone × 1',
    seen: async ({ server }) => {
      const username = `repeated${unique()}`;
      const body = { username, email: `${username}@example.org`, password: PASSWORD };
      const signUp = () =>
        client(server).post('/v1/users').set('Idempotency-Key', `the-key-of-${username}`).send(body);
      const first = (await signUp().expect(201)).body as { session: Session };
      const change = (next: string) =>
        client(server)
          .put('/v1/me/password')
          .set('Authorization', `Bearer ${first.session.accessToken}`)
          .send({ current: PASSWORD, next });
      await change('a newer horse battery').expect(204);
      const old = client(server).post('/v1/sessions').send({ login: username, password: PASSWORD });
      return tally([await signUp(), await change('a newer horse battery'), await old]);
    },
  },
  ...(['tags', 'places'] as const).map((kind): Attack => ({
    what: `2: ids of private posts in the cursors of ${kind}`,
    expected: 'pages 1, ids 0',
    seen: async ({ ada, mallory, server, stack, posted }) => {
      const tag = `tag${ada.id}`;
      const post = (person: Person) => posted(person, `#${tag}`, tag);
      await post(mallory);
      const hidden = [await post(ada), await post(ada)];
      await ada.request('patch', '/v1/me', { private: true }).expect(200);
      await stack.folded();
      const cursors: string[] = [];
      let pages = 0;
      for (let next = ''; pages < 9; pages += 1) {
        const { body } = await client(server).get(`/v1/${kind}/${tag}/posts?limit=1${next}`).expect(200);
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
  })),
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
    what: '9: an admin whose rights are taken while no worker runs',
    expected: '200 × 2, 401 session_ended × 3',
    seen: async ({ mallory, server, stack }) => {
      await admin(stack, 'grant', mallory.user.username);
      const requests = () =>
        Promise.all(['/admin/health', '/v1/me'].map((path) => mallory.request('get', path)));
      const before = await requests();
      await stack.worker.stop();
      try {
        await admin(stack, 'revoke', mallory.user.username);
        const { refreshToken } = mallory.session;
        const refreshed = client(server).post('/v1/sessions/refresh').send({ refreshToken });
        return tally([...before, ...(await requests()), await refreshed]);
      } finally {
        await stack.worker.start();
      }
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
  {
    what: '15: a stolen session, after its owner ended all others',
    expected: '204 × 1, 401 session_ended × 2',
    seen: async ({ ada, server }) => {
      const thief = await signIn(server, ada.user.username);
      await thief.request('get', '/v1/me').expect(200);
      const ended = await ada.request('delete', '/v1/sessions');
      const { refreshToken } = thief.session;
      const refreshed = await client(server).post('/v1/sessions/refresh').send({ refreshToken });
      return tally([ended, await thief.request('get', '/v1/me'), refreshed]);
    },
  },
  {
    what: '15: a session that was refreshed for more than a year',
    expected: '401 session_ended × 1',
    seen: async ({ ada, server, stack }) => {
      const { id, refreshToken } = ada.session;
      await stack.database.query(
        `UPDATE sessions SET created_at = now() - interval '366 days' WHERE id = $1`,
        [id],
      );
      return tally([await client(server).post('/v1/sessions/refresh').send({ refreshToken })]);
    },
  },
  {
    what: '16: remove one’s traces: what happened is on the record, which nobody writes',
    expected: '405 method_not_allowed × 4, post.deleted, session.began, session.began, account.created',
    seen: async ({ mallory, server, posted }) => {
      const again = await signIn(server, mallory.user.username);
      await again.remove(await posted(again, 'Gone'));
      const record = '/v1/me/security-events';
      const tries = (['post', 'put', 'patch', 'delete'] as const).map((method) =>
        again.request(method, record, {}),
      );
      const refused = tally(await Promise.all(tries));
      const { body } = await again.request('get', record).expect(200);
      return [refused, ...(body as Page<{ kind: string }>).items.map(({ kind }) => kind)].join(', ');
    },
  },
];
