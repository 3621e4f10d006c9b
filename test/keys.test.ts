import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Page, Photo, Session } from './harness/contract.js';
import { signUp, type Person, type Server } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('hex')}`;
const [old, next] = [key('old'), key('next')];
const both = (first: string, last: string) => ({
  TOKEN_KEYS: `${first},${last}`,
  MEDIA_KEYS: `${first},${last}`,
});

let stack: Stack;
let ada: Person;
let photo: Photo;
beforeAll(async () => {
  stack = await startStack({ env: { TOKEN_KEYS: old, MEDIA_KEYS: old } });
  ada = await signUp(stack, 'ada');
  photo = await ada.upload(await drawn());
  for (const caption of ['one', 'two'])
    await ada.post([await ada.upload(await drawn({ seed: caption.length }))], { caption });
});
afterAll(() => stack.stop());

const me = ({ url }: Server, { accessToken } = ada.session) =>
  request(url).get('/v1/me').set('Authorization', `Bearer ${accessToken}`);
const shown = ({ url }: Server, { renditions } = photo) => {
  const { pathname, search } = new URL(renditions?.w320.url ?? '');
  return request(url).get(pathname + search);
};
const feed = ({ url }: Server, query: string, { accessToken } = ada.session) =>
  request(url).get(`/v1/feed?limit=1${query}`).set('Authorization', `Bearer ${accessToken}`);
async function refresh({ url }: Server, { refreshToken } = ada.session): Promise<Session> {
  const { body } = await request(url).post('/v1/sessions/refresh').send({ refreshToken }).expect(200);
  return (body as { session: Session }).session;
}

test('keys that are appended, moved to the front, and left alone turn without anybody noticing', async () => {
  const appended = await stack.guest(both(old, next));
  const moved = await stack.guest(both(next, old));
  const { nextCursor } = (await feed(stack, '').expect(200)).body as Page<object>;
  for (const api of [appended, moved]) {
    await me(api).expect(200);
    await shown(api).expect(200);
    await feed(api, `&cursor=${nextCursor}`).expect(200);
  }
  // Between the two steps, some processes sign by the new key while others have only appended it.
  const session = await refresh(moved);
  await me(appended, session).expect(200);
  refused(await me(stack, session), 401, 'token_invalid');
});

test('keys that are replaced at once end tokens and addresses, and sign nobody out', async () => {
  const lin = await signUp(stack, 'lin');
  const picture = await lin.upload(await drawn({ seed: 9 }));
  const replaced = await stack.guest({ TOKEN_KEYS: next, MEDIA_KEYS: next });
  refused(await me(replaced, lin.session), 401, 'token_invalid');
  const session = await refresh(replaced, lin.session);
  await me(replaced, session).expect(200);
  expect((await shown(replaced, picture)).status).toBe(403);
  const { body } = await request(replaced.url)
    .get(`/v1/photos/${picture.id}`)
    .set('Authorization', `Bearer ${session.accessToken}`)
    .expect(200);
  await shown(replaced, body as Photo).expect(200);
});
