/**
 * One evening with the client of packages/client: somebody signs up, posts a photo, reads their feed and hears what others do.
 * `test/client.test.ts` runs it against a real server.
 */
import { dataOf, Narwhal, type Session } from '@narwhal/client';

/** The state that an app keeps between its starts; on a phone in the keychain. */
export interface Store {
  session: Session | null;
}

export async function evening(server: string, store: Store, photo: Blob, log: (line: string) => void) {
  const narwhal = new Narwhal(server, {
    session: store.session,
    keep: (session) => {
      store.session = session;
    },
  });
  if (!narwhal.session) {
    const username = `ada_${Date.now().toString(36)}`;
    await narwhal.signUp({ username, email: `${username}@example.org`, password: 'Nine hares hop by night' });
  }

  const upload = narwhal.upload(photo, {
    altText: 'Fog over the harbour',
    onProgress: (sent, total) => log(`${Math.round((100 * sent) / total)} % sent`),
  });
  const { id } = await upload.done;
  // At once: the server publishes the post when its photo is ready.
  const post = await dataOf(
    narwhal.api.POST('/v1/posts', { body: { photoIds: [id], caption: 'Wrapped in #fog' } }),
  );

  const end = new AbortController();
  for await (const { event, data } of narwhal.events({ signal: end.signal })) {
    log(`${event} ${JSON.stringify(data)}`);
    const now = await dataOf(narwhal.api.GET('/v1/posts/{id}', { params: { path: { id: post.id } } }));
    if (now.state !== 'publishing') end.abort();
  }

  for await (const { author, caption } of narwhal.items('/v1/feed')) log(`${author.username}: ${caption}`);
  const { error } = await narwhal.api.DELETE('/v1/posts/{id}', { params: { path: { id: post.id } } });
  log(error ? `refused: ${error.code}` : 'deleted');
}
