import { setTimeout as sleep } from 'node:timers/promises';
import request, { type Test } from 'supertest';
import type { Comment, Page, Photo, Post, Relationship, Session, User } from './contract.js';
import type { Picture } from './pictures.js';
import { patient } from './pace.js';

/** The target of a person's client: a stack, or any other server that implements the contract. */
export interface Server {
  url: string;
}

export const PASSWORD = 'correct horse battery staple';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A person with an account and a signed-in client. Refused requests fail the test and show the response. */
export class Person {
  constructor(
    readonly server: Server,
    public user: User,
    public session: Session,
  ) {}

  get id(): string {
    return this.user.id;
  }

  /** A request as this person's client sends it; the test states its expectation: `.expect(404)`. */
  request(method: Method, path: string, body?: object): Test {
    const test = request(this.server.url)
      [method](path)
      .set('Authorization', `Bearer ${this.session.accessToken}`);
    return body ? test.send(body) : test;
  }

  private async ask<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    const response = await this.request(method, path, body);
    if (response.status >= 400) {
      throw new Error(
        `expected ${method} ${path} of ${this.user.username} to succeed but received ${response.text}`,
      );
    }
    return response.body as Answer;
  }

  /** Sends a picture and returns at once, mostly while it is still processing. */
  async send(picture: Picture, fields: { altText?: string } = {}): Promise<Photo> {
    const test = this.request('post', '/v1/photos').attach('file', picture.bytes, {
      filename: picture.name,
      contentType: picture.type,
    });
    if (fields.altText !== undefined) test.field('altText', fields.altText);
    const response = await test;
    if (response.status >= 300)
      throw new Error(`expected ${picture.name} to be taken but received ${response.text}`);
    return response.body as Photo;
  }

  /** Sends a picture and waits until it is ready or rejected. */
  async upload(picture: Picture, fields: { altText?: string } = {}): Promise<Photo> {
    const photo = await this.send(picture, fields);
    return this.settled(photo);
  }

  async settled({ id }: { id: string }, patience = 30_000): Promise<Photo> {
    const deadline = Date.now() + patient(patience);
    for (;;) {
      const photo = await this.ask<Photo>('get', `/v1/photos/${id}`);
      if (photo.state !== 'processing') return photo;
      if (Date.now() > deadline)
        throw new Error(`expected photo ${id} to be settled within ${patient(patience) / 1000} s`);
      await sleep(50);
    }
  }

  post(
    photos: readonly { id: string }[],
    fields: { caption?: string } & Record<string, unknown> = {},
  ): Promise<Post> {
    return this.ask('post', '/v1/posts', { photoIds: photos.map(({ id }) => id), ...fields });
  }

  see(post: { id: string }): Promise<Post> {
    return this.ask('get', `/v1/posts/${post.id}`);
  }

  follow(person: { id: string }): Promise<Relationship> {
    return this.ask('put', `/v1/users/${person.id}/follow`);
  }

  unfollow(person: { id: string }): Promise<Relationship> {
    return this.ask('delete', `/v1/users/${person.id}/follow`);
  }

  like(post: { id: string }): Promise<Post> {
    return this.ask('put', `/v1/posts/${post.id}/like`);
  }

  unlike(post: { id: string }): Promise<Post> {
    return this.ask('delete', `/v1/posts/${post.id}/like`);
  }

  save(post: { id: string }): Promise<Post> {
    return this.ask('put', `/v1/posts/${post.id}/save`);
  }

  comment(post: { id: string }, text: string, replyTo?: { id: string }): Promise<Comment> {
    return this.ask('post', `/v1/posts/${post.id}/comments`, {
      text,
      ...(replyTo && { replyTo: replyTo.id }),
    });
  }

  remove(post: { id: string }): Promise<void> {
    return this.ask('delete', `/v1/posts/${post.id}`);
  }

  /** One page of the home feed; `query` as in the contract (`limit`, `cursor`, `newer`). */
  feed(query: Record<string, string | number> = {}): Promise<Page<Post>> {
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return this.ask('get', `/v1/feed?${search.toString()}`);
  }
}

/** Makes an account from a username alone: `const ada = await signUp(stack, 'ada')`. */
export async function signUp(
  server: Server,
  username: string,
  fields: Record<string, unknown> = {},
): Promise<Person> {
  const body = { username, email: `${username}@example.org`, password: PASSWORD, ...fields };
  const response = await request(server.url).post('/v1/users').send(body);
  if (response.status !== 201)
    throw new Error(`expected ${username} to sign up but received ${response.text}`);
  const { user, session } = response.body as { user: User; session: Session };
  return new Person(server, user, session);
}

/** Another client for an existing account. */
export async function signIn(server: Server, username: string, password = PASSWORD): Promise<Person> {
  const response = await request(server.url).post('/v1/sessions').send({ login: username, password });
  if (response.status !== 201)
    throw new Error(`expected ${username} to sign in but received ${response.text}`);
  const { user, session } = response.body as { user: User; session: Session };
  return new Person(server, user, session);
}
