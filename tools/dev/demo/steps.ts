import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
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
        const path = `/v1/posts/${record.get(`post ${comment.post}`)}/comments`;
        const options = { key: `demo comment ${index}` };
        return (await member(comment.author).client.post<Made>(path, { text: comment.text }, options)).id;
      };
      return { name: `comment ${index}`, doing: `${comment.author} comments`, work };
    }),
  ];
}

interface Made {
  id: string;
  state: string;
}

async function upload(client: Client, name: string, bytes: Buffer, altText: string): Promise<string> {
  const form = new FormData();
  form.set('altText', altText);
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), 'photo.jpg');
  return (await client.post<Made>('/v1/photos', form, { key: `demo photo ${name}`, wait: true })).id;
}

function avatarStep(username: string, photograph: PhotographName, { client }: Member): Step {
  const work = async () => {
    const photoId = await upload(client, `avatar ${username}`, await avatarBytes(photograph), '');
    await untilIn('ready', client, `/v1/photos/${photoId}`);
    await client.put('/v1/me/avatar', { photoId });
    return photoId;
  };
  return { name: `avatar ${username}`, doing: `${username} shows their face`, work };
}

function followStep(username: string, other: string, member: (name: string) => Member): Step {
  const work = async () => {
    await member(username).client.put(`/v1/users/${member(other).id}/follow`);
    return member(other).id;
  };
  return { name: `follow ${username} ${other}`, doing: `${username} follows ${other}`, work };
}

function postSteps(post: Post, index: number, { client }: Member, record: DemoRecord): Step[] {
  const uploads = post.photos.map((photo) => ({
    name: `photo ${photo}`,
    doing: `${post.author} uploads a photo`,
    work: async () => upload(client, photo, await photographBytes(photo), photographs[photo].altText),
  }));
  const work = async () => {
    const photoIds = post.photos.map((photo) => record.get(`photo ${photo}`));
    const body = { photoIds, caption: post.caption };
    const { id } = await client.post<Made>('/v1/posts', body, { key: `demo post ${index}`, wait: true });
    await untilIn('published', client, `/v1/posts/${id}`);
    return id;
  };
  return [...uploads, { name: `post ${index}`, doing: `${post.author} posts`, work }];
}

function likeSteps(username: string, personIndex: number, { client }: Member, record: DemoRecord): Step[] {
  return posts.flatMap((_, index) => {
    if (!likes(personIndex, index)) return [];
    const work = async () => (await client.put<Made>(`/v1/posts/${record.get(`post ${index}`)}/like`)).id;
    return [{ name: `like ${username} ${index}`, doing: `${username} likes a post`, work }];
  });
}

const patience = 60_000;

/** Others can see a post only once its photos are developed. */
async function untilIn(state: string, client: Client, path: string): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const made = await client.get<Made>(path);
    if (made.state === state) return;
    if (made.state === 'rejected' || made.state === 'failed' || Date.now() > deadline) {
      throw new Error(`expected ${path} to be ${state} but it is ${made.state}`);
    }
    await sleep(250);
  }
}
