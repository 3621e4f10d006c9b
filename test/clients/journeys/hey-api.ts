import { createClient, createConfig } from './generated/hey-api/client/index.ts';
import * as api from './generated/hey-api/sdk.gen.ts';
import { password, type Found, type Stranger } from './journey.ts';

export async function journey({ server, username, photo }: Stranger): Promise<Found> {
  let token = '';
  const client = createClient(createConfig({ baseUrl: server, auth: () => token }));
  const body = { username, email: `${username}@example.org`, password };
  const made = (await api.signUp({ client, body, throwOnError: true })).data;
  // Where an instance lets nobody in before an admin has looked, the answer is 202 without a session.
  if (!('session' in made)) throw new Error('expected a session');
  const { user, session } = made;
  token = session.accessToken;

  const instance = (await api.getInstance({ client, throwOnError: true })).data;
  const headers = { Prefer: 'wait=5' };
  const { id: photoId, altText } = (
    await api.uploadPhoto({ client, headers, body: { file: photo, altText: 'Fog' }, throwOnError: true })
  ).data;
  const draft = { photoIds: [photoId], caption: 'Wrapped in #fog' };
  const post = (await api.createPost({ client, headers, body: draft, throwOnError: true })).data;
  const path = { id: post.id };
  const { liked } = (await api.likePost({ client, path, throwOnError: true })).data;
  const { text } = (await api.createComment({ client, path, body: { text: 'Nice' }, throwOnError: true }))
    .data;
  const feed = (await api.listFeedPosts({ client, throwOnError: true })).data;
  const query = { view: 'grid' as const };
  const grid = (await api.listUserPosts({ client, path: { id: user.id }, query, throwOnError: true })).data;
  const people = (
    await api.searchByName({ client, query: { q: username, type: 'users' }, throwOnError: true })
  ).data;
  const refused = await api.getPost({ client, path: { id: '1' } });
  await api.endCurrentSession({ client, throwOnError: true });
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
