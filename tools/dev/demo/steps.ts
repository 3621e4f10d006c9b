import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataOf, type Narwhal, type Photo } from '../../../packages/client/src/index.ts';
import { comments, followedBy, likes, people, posts, type Post } from './people.ts';
import { avatarBytes, photographBytes, photographs, type PhotographName } from './photographs.ts';
import type { DemoRecord } from './record.ts';
import type { Member } from './sign-in.ts';

/** One thing that one person does; `work` resolves to the id of the result. */
export interface Step {
  name: string;
  doing: string;
  work: () => Promise<string>;
}

/** Everything that happens in the demo, in order: follows come first, so that the posts arrive in feeds. */
export function stepsOf(members: Map<string, Member>, record: DemoRecord): Step[] {
  const member = (username: string) => {
    const found = members.get(username);
    if (!found) throw new Error(`expected a person of the demo but received "${username}"`);
    return found;
  };
  return [
    ...people.map((person) => avatarStep(person.username, person.avatar, member(person.username))),
    ...people.flatMap((person, index) =>
      followedBy(index).map((other) => followStep(person.username, other.username, member)),
    ),
    ...posts.flatMap((post, index) => postSteps(post, index, member(post.author), record)),
    ...people.flatMap((person, index) => likeSteps(person.username, index, member(person.username), record)),
    ...comments.map((comment, index) => {
      const work = async () => {
        const { api } = member(comment.author).client;
        const params = {
          path: { id: idOf(record, `post ${comment.post}`) },
          header: header(`comment ${index}`),
        };
        const body = { text: comment.text };
        return (await dataOf(api.POST('/v1/posts/{id}/comments', { params, body }))).id;
      };
      return { name: `comment ${index}`, doing: `${comment.author} comments`, work };
    }),
  ];
}

/** The same key each time that the demo makes a thing, so that an interrupted one makes nothing twice. */
const header = (name: string) => ({
  'Idempotency-Key': createHash('sha256').update(`demo ${name}`).digest('hex').slice(0, 32),
  Prefer: 'wait=5',
});

function idOf(record: DemoRecord, step: string): string {
  const id = record.get(step);
  if (id === undefined) throw new Error(`expected the record to have "${step}"`);
  return id;
}

async function upload(client: Narwhal, name: string, bytes: Buffer, altText: string): Promise<Photo> {
  const form = new FormData();
  form.set('altText', altText);
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), 'photo.jpg');
  const params = { header: header(`photo ${name}`) };
  return dataOf(client.api.POST('/v1/photos', { params, body: form as never }));
}

function avatarStep(username: string, photograph: PhotographName, { client }: Member): Step {
  const work = async () => {
    const { id: photoId } = await upload(client, `avatar ${username}`, await avatarBytes(photograph), '');
    const params = { path: { id: photoId } };
    await until('ready', () => dataOf(client.api.GET('/v1/photos/{id}', { params })));
    await dataOf(client.api.PUT('/v1/me/avatar', { body: { photoId } }));
    return photoId;
  };
  return { name: `avatar ${username}`, doing: `${username} shows their face`, work };
}

function followStep(username: string, other: string, member: (name: string) => Member): Step {
  const work = async () => {
    const { id } = member(other);
    await dataOf(member(username).client.api.PUT('/v1/users/{id}/follow', { params: { path: { id } } }));
    return id;
  };
  return { name: `follow ${username} ${other}`, doing: `${username} follows ${other}`, work };
}

function postSteps(post: Post, index: number, { client }: Member, record: DemoRecord): Step[] {
  const uploads = post.photos.map((photo) => ({
    name: `photo ${photo}`,
    doing: `${post.author} uploads a photo`,
    work: async () =>
      (await upload(client, photo, await photographBytes(photo), photographs[photo].altText)).id,
  }));
  const work = async () => {
    const photoIds = post.photos.map((photo) => idOf(record, `photo ${photo}`));
    const body = { photoIds, caption: post.caption };
    const { id } = await dataOf(
      client.api.POST('/v1/posts', { params: { header: header(`post ${index}`) }, body }),
    );
    await until('published', () => dataOf(client.api.GET('/v1/posts/{id}', { params: { path: { id } } })));
    return id;
  };
  return [...uploads, { name: `post ${index}`, doing: `${post.author} posts`, work }];
}

function likeSteps(username: string, personIndex: number, { client }: Member, record: DemoRecord): Step[] {
  return posts.flatMap((_, index) => {
    if (!likes(personIndex, index)) return [];
    const work = async () => {
      const params = { path: { id: idOf(record, `post ${index}`) } };
      return (await dataOf(client.api.PUT('/v1/posts/{id}/like', { params }))).id;
    };
    return [{ name: `like ${username} ${index}`, doing: `${username} likes a post`, work }];
  });
}

const patience = 60_000;

/** Others can see a post only once its photos are developed. */
async function until(state: string, read: () => Promise<{ state: string }>): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const made = await read();
    if (made.state === state) return;
    if (made.state === 'rejected' || made.state === 'failed' || Date.now() > deadline) {
      throw new Error(`expected it to be ${state} but it is ${made.state}`);
    }
    await sleep(250);
  }
}
