import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../tools/dev/postgres.ts';
import { photos } from './feed-data.ts';
import { signUpAll, startWorker, type Fixtures, type Narwhal, type Person } from './fixtures.ts';

const FRIENDS = 5;
export const POSTS = 20;
export const PHOTOS = 3;
const SETTLED = 120_000;

/** Everybody has a picture and a name. */
const faces = `
  UPDATE users SET avatar_folder = overlay(md5(id::text) placing '/' from 3 for 0), display_name = 'Friend of ' || username`;

const posts = `
  INSERT INTO posts (shard, id, author_id, state, caption, published_at)
  SELECT shard_of($1), next_id(shard_of($1)), $1, 'published', repeat('Low tide, and nobody on the sand. ', 1 + n % 4), now()
  FROM generate_series(1, $2::int) n
  RETURNING id`;

export interface Dataset {
  author: Person;
  reader: Person;
  /** Under which there are twenty comments. */
  post: string;
}

async function tell(url: string, { headers }: Person, method: string, path: string, text?: string) {
  const body = text === undefined ? {} : { body: JSON.stringify({ text }) };
  const type = text === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers: { ...headers, ...type }, ...body });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

/** Until the author is told of all of them: in 20 groups. */
async function untilTold({ url }: Narwhal, { headers }: Person): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < SETTLED; await sleep(100)) {
    const response = await fetch(`${url}/v1/notifications`, { headers });
    const { items } = (await response.json()) as { items: { count: number }[] };
    if (items.length === POSTS && items.every(({ count }) => count === FRIENDS)) return;
  }
  throw new Error(`expected ${POSTS} groups of ${FRIENDS} people within ${SETTLED} ms`);
}

/** An author whose friends follow them, like half of their posts and comment on the others. */
export async function fillAnswers(fixtures: Fixtures, api: Narwhal): Promise<Dataset> {
  const [author, ...friends] = (await signUpAll(api, 'person', 1 + FRIENDS)) as [Person, ...Person[]];
  const ids = await withClient(api.databaseUrl, async (client) => {
    await client.query(faces);
    const { rows } = await client.query<{ id: string }>(posts, [author.id, POSTS]);
    await client.query(photos, [PHOTOS]);
    await client.query('ANALYZE');
    return rows.map(({ id }) => id);
  });
  await startWorker(fixtures, api);
  const [post = '', ...commented] = ids.slice(POSTS / 2 + 1);
  for (const friend of friends) {
    await tell(api.url, friend, 'PUT', `/v1/users/${author.id}/follow`);
    for (const id of ids.slice(0, POSTS / 2)) await tell(api.url, friend, 'PUT', `/v1/posts/${id}/like`);
    for (const id of [...commented, post, post, post, post])
      await tell(
        api.url,
        friend,
        'POST',
        `/v1/posts/${id}/comments`,
        'The fog came in over the bridge, as it does at noon, and left',
      );
  }
  await untilTold(api, author);
  return { author, reader: friends[0] as Person, post };
}
