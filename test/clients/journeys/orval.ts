import * as api from './generated/orval.ts';
import { password, type Found, type Stranger } from './journey.ts';

/** The data of an answer with one of these statuses, as orval types it. */
function dataOf<Answer extends { status: number; data: unknown }, Status extends number>(
  answer: Answer,
  ...statuses: Status[]
): Extract<Answer, { status: Status }>['data'] {
  if (!(statuses as number[]).includes(answer.status)) {
    throw new Error(`expected ${statuses.join(' or ')} but received ${answer.status}`);
  }
  return answer.data;
}

export async function journey({ server, username, photo }: Stranger): Promise<Found> {
  // orval's functions know one server, which is fixed when they are generated; the tests' has another port each time.
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => fetch(new URL(String(input), server), init);
  try {
    return await calls(username, photo);
  } finally {
    globalThis.fetch = fetch;
  }
}

async function calls(username: string, photo: Blob): Promise<Found> {
  const signedUp = await api.signUp({ username, email: `${username}@example.org`, password });
  const { user, session } = dataOf(signedUp, 201);
  const headers = { Authorization: `Bearer ${session.accessToken}`, Prefer: 'wait=5' };

  const instance = dataOf(await api.getInstance(), 200);
  const uploaded = dataOf(await api.uploadPhoto({ file: photo, altText: 'Fog' }, { headers }), 201, 202);
  const draft = { photoIds: [uploaded.id], caption: 'Wrapped in #fog' };
  const post = dataOf(await api.createPost(draft, { headers }), 201, 202);
  const { liked } = dataOf(await api.likePost(post.id, { headers }), 200);
  const { text } = dataOf(await api.createComment(post.id, { text: 'Nice' }, { headers }), 201);
  const feed = dataOf(await api.listFeedPosts({}, { headers }), 200);
  const grid = dataOf(await api.listUserPosts(user.id, { view: 'grid' }), 200);
  const people = dataOf(await api.searchByName({ q: username, type: 'users' }, { headers }), 200);
  const refused = await api.getPost('1');
  dataOf(await api.endCurrentSession({ headers }), 204);
  return {
    username: user.username,
    features: instance.features.length,
    altText: uploaded.altText,
    caption: post.caption,
    liked,
    comment: text,
    feed: feed.items.map(({ caption }) => caption),
    grid: grid.items.flatMap((item) => ('photoCount' in item ? [item.photoCount] : [])),
    people: people.items.flatMap((item) => ('username' in item ? [item.username] : [])),
    refusal: refused.status === 404 ? refused.data.code : '',
  };
}
