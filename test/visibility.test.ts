import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Photo, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { visibilityTable, type Expectation } from './harness/visibility-table.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** What the requests of the table name, and the viewers who make them. */
interface Scene {
  ada: Person;
  viewers: Record<string, Person | null>;
  names: Record<string, string>;
}

async function posted(person: Person, caption: string): Promise<{ post: Post; photo: Photo }> {
  const photo = await person.upload(await drawn());
  return { post: await person.post([photo], { caption }), photo };
}

/** Ada, her things, and everybody who looks at them; `kind` keeps the two scenes' people apart. */
async function scene(kind: 'public' | 'private'): Promise<Scene> {
  const name = (who: string) => `${who}.${kind}`;
  const [ada, dora, follower, requester, someone, blocked, blocker] = await Promise.all(
    ['ada', 'dora', 'follower', 'requester', 'stranger', 'blocked', 'blocker'].map((who) =>
      signUp(stack, name(who)),
    ),
  );
  if (!ada || !dora || !follower || !requester || !someone || !blocked || !blocker)
    throw new Error('expected seven people');
  await follower.follow(ada);
  await ada.follow(dora);
  if (kind === 'private') {
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await requester.follow(ada);
  }
  const shown = await posted(ada, `At the #${kind}sea`);
  const hidden = await posted(ada, 'For later');
  await ada.request('put', `/v1/posts/${hidden.post.id}/archive`).expect(200);
  const comment = await ada.comment(shown.post, 'Mine');
  await ada.like(shown.post);
  const doras = await posted(dora, 'Hers');
  await ada.comment(doras.post, 'Hello');
  await ada.like(doras.post);
  await ada.request('put', `/v1/users/${blocked.id}/block`).expect(200);
  await blocker.request('put', `/v1/users/${ada.id}/block`).expect(200);
  await stack.quiet();
  return {
    ada,
    viewers: { owner: ada, follower, requester, stranger: someone, blocked, blocker, nobody: null },
    names: {
      ada: ada.id,
      name: ada.user.username,
      dora: dora.id,
      post: shown.post.id,
      code: shown.post.code,
      photo: shown.photo.id,
      comment: comment.id,
      tag: `${kind}sea`,
      "dora's post": doras.post.id,
      'archived post': hidden.post.id,
      'archived photo': hidden.photo.id,
    },
  };
}

const bodies: Record<string, object> = { POST: { text: 'A word' }, PATCH: { commentsClosed: false } };

/** Whether Ada's thing is in an answer: her id stands in a person, an author, or the ids asked for. */
function shows(body: unknown, { names }: Scene): boolean {
  const text = JSON.stringify(body);
  return [names['ada'], names['post'], names['photo'], names['comment']].some((id) =>
    text.includes(`"${id}"`),
  );
}

async function answer(scene: Scene, { viewer, method, path }: Expectation): Promise<string> {
  const url = path.replace(/\{([^}]+)\}/g, (_, key: string) => scene.names[key] ?? `unknown ${key}`);
  const agent = request(stack.url);
  const verb = method.toLowerCase() as 'get' | 'put' | 'post' | 'patch' | 'delete';
  const sent = agent[verb](url);
  const person = scene.viewers[viewer];
  if (person) void sent.set('Authorization', `Bearer ${person.session.accessToken}`);
  const body = bodies[method];
  const response = body ? await sent.send(body) : await sent;
  if (method !== 'GET' || response.status !== 200) return String(response.status);
  const { items } = response.body as { items?: unknown };
  if (items === undefined) return 'yes';
  // A list of Ada's own followers or likes may hold others; that it answered is what the rule is about.
  if (/\/users\/\{ada\}\/(followers|following)/.test(path)) return 'yes';
  return shows(items, scene) ? 'yes' : 'out';
}

describe.each(['public', 'private'] as const)('Ada is %s', (kind) => {
  let played: Scene;
  beforeAll(async () => {
    played = await scene(kind);
  });

  const table = visibilityTable(`Ada is ${kind}`);
  /** Deletions last, and follows and mutes after what they would change. */
  const order = (method: string, path: string) =>
    ['GET', 'PATCH', 'POST', 'PUT', 'DELETE'].indexOf(method) + (path.includes('/users/') ? 10 : 0);
  const requests = [...new Set(table.map(({ method, path }) => `${method} ${path}`))].toSorted((a, b) => {
    const [one = '', onePath = ''] = a.split(' ');
    const [other = '', otherPath = ''] = b.split(' ');
    return (one === 'GET' ? -1 : order(one, onePath)) - (other === 'GET' ? -1 : order(other, otherPath));
  });

  it('has a table', () => {
    expect(table.length).toBeGreaterThan(150);
  });

  it.each(requests)('%s', async (name) => {
    const cells = table.filter(({ method, path }) => `${method} ${path}` === name);
    const answers: Record<string, string> = {};
    // Whoever may delete goes last, since there is nothing to refuse afterwards.
    for (const cell of cells.toReversed()) answers[cell.viewer] = await answer(played, cell);
    expect(answers).toEqual(Object.fromEntries(cells.map(({ viewer, expected }) => [viewer, expected])));
  });
});
