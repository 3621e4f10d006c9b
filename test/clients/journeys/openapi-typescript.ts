import createClient from 'openapi-fetch';
import type { paths } from './generated/openapi-typescript.ts';
import { password, type Found, type Stranger } from './journey.ts';

async function dataOf<Data>(
  answer: Promise<{ data?: Data; error?: { detail: string }; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new Error(error?.detail);
  return data as Data;
}

export async function journey({ server, username, photo }: Stranger): Promise<Found> {
  const api = createClient<paths>({ baseUrl: server });
  const person = { username, email: `${username}@example.org`, password };
  const made = await dataOf(api.POST('/v1/users', { body: person }));
  // Where an instance lets nobody in before an admin has looked, the answer is 202 without a session.
  if (!('session' in made)) throw new Error('expected a session');
  const { user, session } = made;
  const headers = { authorization: `Bearer ${session.accessToken}` };
  const waiting = { headers, params: { header: { Prefer: 'wait=5' } } };

  const instance = await dataOf(api.GET('/v1/instance'));
  const form = new FormData();
  form.append('file', photo);
  form.append('altText', 'Fog');
  const upload = { ...waiting, body: { file: '' }, bodySerializer: () => form };
  const { id, altText } = await dataOf(api.POST('/v1/photos', upload));
  const draft = { photoIds: [id], caption: 'Wrapped in #fog' };
  const post = await dataOf(api.POST('/v1/posts', { ...waiting, body: draft }));
  const at = { headers, params: { path: { id: post.id } } };
  const { liked } = await dataOf(api.PUT('/v1/posts/{id}/like', at));
  const { text } = await dataOf(api.POST('/v1/posts/{id}/comments', { ...at, body: { text: 'Nice' } }));
  const feed = await dataOf(api.GET('/v1/feed', { headers }));
  const profile = { path: { id: user.id }, query: { view: 'grid' as const } };
  const grid = await dataOf(api.GET('/v1/users/{id}/posts', { params: profile }));
  const named = { q: username, type: 'users' as const };
  const people = await dataOf(api.GET('/v1/search', { headers, params: { query: named } }));
  const refused = await api.GET('/v1/posts/{id}', { params: { path: { id: '1' } } });
  await dataOf(api.DELETE('/v1/sessions/current', { headers }));
  return {
    username: user.username,
    features: instance.features.length,
    altText,
    caption: post.caption,
    liked,
    comment: text,
    feed: feed.items.map(({ caption }) => caption),
    grid: grid.items.flatMap((item) => ('photoCount' in item ? [item.photoCount] : [])),
    people: people.items.flatMap((item) => ('username' in item ? [item.username] : [])),
    refusal: refused.error?.code ?? '',
  };
}
