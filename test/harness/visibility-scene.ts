import type { Photo, Post } from './contract.js';
import { signUp, type Person } from './people.js';
import { drawn } from './pictures.js';
import type { Stack } from './stack.js';

/** The things that the table's requests name, and the viewers who make them. */
export interface Scene {
  ada: Person;
  viewers: Record<string, Person | null>;
  names: Record<string, string>;
  /** Things that differ by viewer, keyed by viewer. */
  collections: Record<string, string>;
}

interface Posted {
  post: Post;
  photo: Photo;
}

let seed = 0;

async function posted(person: Person, caption: string, more: object = {}): Promise<Posted> {
  seed += 1;
  const photo = await person.upload(await drawn({ seed, width: 640, height: 480 }));
  return { post: await person.post([photo], { caption, ...more }), photo };
}

/** While everybody may see everything: each likes, saves and collects Ada's post, and comments with a word that Ada likes. */
async function meet(person: Person, ada: Person, shown: Posted, doras: Posted): Promise<string> {
  await person.like(shown.post);
  await person.save(shown.post);
  const made = await person.request('post', '/v1/me/collections', { name: 'The sea' }).expect(201);
  const { id } = made.body as { id: string };
  await person.request('put', `/v1/me/collections/${id}/posts/${shown.post.id}`).expect(200);
  if (person === ada) return id;
  const word = await person.comment(doras.post, 'A word');
  await ada.request('put', `/v1/comments/${word.id}/like`).expect(200);
  await person.request('patch', '/v1/me', { private: true }).expect(200);
  await ada.follow(person);
  return id;
}

/** A comment with a reply to it, both hers. */
async function thread(ada: Person, post: Post): Promise<string> {
  const comment = await ada.comment(post, 'Mine');
  await ada.comment(post, 'Mine, too', comment);
  return comment.id;
}

/** Ada, her things, and all viewers, with more strangers by name; `kind` keeps the two scenes' people apart. */
export async function scene(
  stack: Stack,
  kind: 'public' | 'private',
  strangers: readonly string[] = [],
): Promise<Scene> {
  const name = (who: string) => `${who}.${kind}`;
  const [ada, dora, follower, requester, someone, blocked, blocker] = (await Promise.all(
    ['ada', 'dora', 'follower', 'requester', 'stranger', 'blocked', 'blocker'].map((who) =>
      signUp(stack, name(who)),
    ),
  )) as [Person, Person, Person, Person, Person, Person, Person];
  const people: Record<string, Person> = {
    owner: ada,
    follower,
    requester,
    stranger: someone,
    blocked,
    blocker,
  };
  for (const who of strangers) people[who] = await signUp(stack, name(who));
  await dora.follow(ada);
  await ada.follow(dora);
  const shown = await posted(ada, `At the #${kind}sea`, { place: { name: `${kind}beach` } });
  const hidden = await posted(ada, 'For later');
  await ada.request('put', `/v1/posts/${hidden.post.id}/archive`).expect(200);
  const comment = await thread(ada, shown.post);
  const doras = await posted(dora, 'Hers');
  const there = await thread(ada, doras.post);
  await ada.like(doras.post);
  const collections: Record<string, string> = {};
  for (const [who, person] of Object.entries(people))
    collections[who] = await meet(person, ada, shown, doras);
  await stack.folded();
  // Computed now, when Ada may be suggested to all of them.
  for (const person of Object.values(people)) await person.request('get', '/v1/suggestions').expect(200);
  await stack.folded();

  await relate(kind, ada, { follower, requester, blocked, blocker });
  await stack.folded();
  return {
    ada,
    viewers: { ...people, nobody: null },
    collections,
    names: {
      ada: ada.id,
      name: ada.user.username,
      dora: dora.id,
      post: shown.post.id,
      code: shown.post.code,
      photo: shown.photo.id,
      comment,
      'comment there': there,
      tag: `${kind}sea`,
      place: `${kind}beach`,
      "dora's post": doras.post.id,
      'archived post': hidden.post.id,
      'archived photo': hidden.photo.id,
      ...mediaNames(shown.photo),
    },
  };
}

/** Makes each viewer what their name says, once they have met. */
async function relate(
  kind: 'public' | 'private',
  ada: Person,
  people: Record<'follower' | 'requester' | 'blocked' | 'blocker', Person>,
): Promise<void> {
  const { follower, requester, blocked, blocker } = people;
  await follower.follow(ada);
  if (kind === 'private') {
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await requester.follow(ada);
  }
  await ada.request('put', `/v1/users/${blocked.id}/block`).expect(200);
  await blocker.request('put', `/v1/users/${ada.id}/block`).expect(200);
}

/** The parts of a rendition's path; the file includes the signature. */
function mediaNames(photo: Photo): Record<string, string> {
  const { pathname, search } = new URL(photo.renditions?.w320.url ?? '');
  const [fan = '', folder = '', file = ''] = pathname.replace('/media/', '').split('/');
  return { fan, folder, file: `${file}${search}` };
}
