import { readFileSync } from 'node:fs';
import request, { type Response } from 'supertest';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { Page, Post, ProblemBody } from '../harness/contract.js';
import { asked } from '../harness/exports.js';
import { begunImport } from '../harness/imports.js';
import { signIn } from '../harness/people.js';
import { sharedStack } from '../harness/shared-stack.js';
import type { Stack } from '../harness/stack.js';
import { create } from '../harness/tus.js';
import { scene, type Scene } from '../harness/visibility-scene.js';
import { visibilityTable, type Expectation } from '../harness/visibility-table.js';

/** Beside the viewers of docs/visibility.md; both are strangers to Ada, and answered as strangers are. */
const STRANGERS = ['admin', 'collector'];

/** Endpoints that docs/visibility.md leaves out as the caller's own, by id: of Ada, asked by her, by any other person, and by nobody. */
const OWN: [request: string, owner: number, other: number, nobody: number][] = [
  ['GET /v1/me/collections/{ada’s collection}/posts', 200, 404, 401],
  ['PUT /v1/me/collections/{ada’s collection}/posts/{post}', 200, 404, 401],
  ['PATCH /v1/me/collections/{ada’s collection}', 200, 404, 401],
  // Repeatable, so that nothing to delete is no fault: `stands` looks at what others leave.
  ['DELETE /v1/me/collections/{ada’s collection}/posts/{post}', 204, 204, 401],
  ['DELETE /v1/me/collections/{ada’s collection}', 204, 204, 401],
  ['DELETE /v1/sessions/{session}', 204, 404, 401],
  // Nobody comes as far as the id without a proof.
  ['DELETE /v1/me/passkeys/{session}', 403, 403, 401],
  ['PUT /v1/me/identities/{provider}', 404, 404, 401],
  ['DELETE /v1/me/identities/{provider}', 403, 403, 401],
  ['DELETE /v1/invitations/{invitation}', 204, 404, 401],
  ['GET /v1/me/exports/{export}', 200, 404, 401],
  ['GET /v1/me/imports/{import}', 200, 404, 401],
  // Its signature gives access to it, which no caller here sends.
  ['GET /v1/me/exports/{export}/file', 403, 403, 403],
  // The secret of an upload gives access to it; these callers have another upload's secret.
  ['HEAD /v1/uploads/{upload}', 404, 404, 404],
  ['PATCH /v1/uploads/{upload}', 404, 404, 404],
  ['POST /v1/uploads/{upload}', 404, 404, 404],
  ['DELETE /v1/uploads/{upload}', 404, 404, 404],
];

const CODES: Record<number, string> = {
  401: 'token_missing',
  403: 'proof_required',
  404: 'not_found',
  409: 'photo_in_use',
  422: 'self_not_allowed',
};

const contract = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, object>;
};
const shape = (name: string) => name.replaceAll(/\{[^}]+\}/g, '{}');
const takesId = ({ path }: { path: string }) => path.split('?')[0]?.includes('{');

function expectations(kind: 'public' | 'private'): Expectation[] {
  const table = visibilityTable(`Ada is ${kind}`).filter(takesId);
  const viewers = [...new Set(table.map(({ viewer }) => viewer))];
  const own = OWN.flatMap(([name, owner, other, nobody]) => {
    const [method = '', path = ''] = name.split(/ (.*)/);
    const expected = (viewer: string) => String({ owner, nobody }[viewer] ?? other);
    return viewers.map((viewer) => ({ viewer, method, path, expected: expected(viewer) }));
  });
  return [...own, ...table].flatMap((cell) =>
    cell.viewer === 'stranger' ? [cell, ...STRANGERS.map((viewer) => ({ ...cell, viewer }))] : cell,
  );
}

/** An id of the same shard and time, or a code, that nothing has. */
const unknown = (name: string): string =>
  /^\d+$/.test(name) ? String(BigInt(name) ^ 512n) : name.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));

async function played(stack: Stack, kind: 'public' | 'private'): Promise<Scene> {
  const made = await scene(stack, kind, STRANGERS);
  const { ada, names, viewers } = made;
  await stack.database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [viewers['admin']?.id]);
  const collection = await ada.request('post', '/v1/me/collections', { name: 'Mine' }).expect(201);
  const begun = await Promise.all([create(ada, 9).expect(201), create(ada, 9).expect(201)]);
  const [upload, other] = begun.map(({ headers }) => new URL(String(headers['location']), stack.url));
  await stack.database.query(`UPDATE users SET created_at = now() - interval '8 days' WHERE id = $1`, [
    ada.id,
  ]);
  const invitation = await ada.request('post', '/v1/invitations', {}).expect(201);
  names['invitation'] = (invitation.body as { id: string }).id;
  names['ada’s collection'] = (collection.body as { id: string }).id;
  names['export'] = (await asked(ada)).id;
  names['import'] = (await begunImport(stack, ada)).id;
  names['session'] = (await signIn(stack, ada.user.username)).session.id;
  names['upload'] = `${upload?.pathname.split('/').at(-1)}${other?.search}`;
  return made;
}

function bodyOf({ method, path }: Expectation): object | undefined {
  if (path.includes('{upload}')) return undefined;
  if (path.endsWith('/comments') && method === 'POST') return { text: 'A word' };
  if (path.includes('/identities/') && method === 'PUT') return { idToken: 'x', nonce: 'a nonce of it' };
  if (method !== 'PATCH') return undefined;
  if (path.includes('/collections/')) return { name: 'Yours' };
  return path.includes('/photos/') ? { altText: 'A sea' } : { commentsClosed: false };
}

async function ask(stack: Stack, { viewers, collections }: Scene, cell: Expectation, names: object) {
  const known: Record<string, string> = { ...names, collection: collections[cell.viewer] ?? '1' };
  const url = cell.path.replaceAll(/\{([^}]+)\}/g, (_, key: string) => known[key] ?? `no ${key}`);
  const sent = request(stack.url)[cell.method.toLowerCase() as 'get'](url);
  const person = viewers[cell.viewer];
  if (person) void sent.set('Authorization', `Bearer ${person.session.accessToken}`);
  if (cell.path.includes('{upload}')) {
    void sent.set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0' });
    if (cell.method === 'POST') void sent.set('X-HTTP-Method-Override', 'DELETE');
    if (cell.method === 'PATCH') void sent.type('application/offset+octet-stream').send(Buffer.from('x'));
  }
  const body = bodyOf(cell);
  return body ? await sent.send(body) : await sent;
}

const said = ({ status, body }: Response): string => {
  const { code } = body as Partial<ProblemBody>;
  return status >= 400 && code ? `${status} ${code}` : String(status);
};

const wanted = ({ method, path, expected }: Expectation): string => {
  const status = /^\d+$/.test(expected) ? Number(expected) : 200;
  return status < 400 || method === 'HEAD'
    ? String(status)
    : `${status} ${path.endsWith('/file') ? 'url_invalid' : CODES[status]}`;
};

/** All that a client sees of a response, except what differs in every one. */
function seen({ status, headers, body }: Response): object {
  const { 'x-request-id': id, date, ...others } = headers as Record<string, unknown>;
  return { status, headers: others, body: { ...(body as object), ...(id && date ? { requestId: '' } : {}) } };
}

describe.each(['public', 'private'] as const)('what has an id, while Ada is %s', (kind) => {
  let stack: Stack;
  let made: Scene;
  beforeAll(async () => {
    stack = await sharedStack();
    made = await played(stack, kind);
  });

  async function stands(name: string): Promise<void> {
    const kept = await made.ada
      .request('get', `/v1/me/collections/${made.names['ada’s collection']}/posts`)
      .expect(200);
    const posts = (kept.body as Page<Post>).items.map(({ id }) => id);
    expect(posts).toEqual(name.endsWith('{post}') ? [made.names['post']] : []);
  }

  const cells = expectations(kind);
  it.each([...new Set(cells.map(({ method, path }) => `${method} ${path}`))])('%s', async (name) => {
    const row = cells.filter(({ method, path }) => `${method} ${path}` === name);
    const answers: Record<string, string> = {};
    const owners = row.find(({ viewer }) => viewer === 'owner')?.expected;
    // The owner, who may delete it, is last.
    for (const cell of row.toReversed()) {
      if (cell.viewer === 'owner' && name.startsWith('DELETE /v1/me/collections/{ada’s')) await stands(name);
      const answer = await ask(stack, made, cell, made.names);
      answers[cell.viewer] = said(answer);
      const hidden =
        answer.status === 404 || (answer.status === 204 && (owners === '200' || name.includes('ada’s')));
      if (!hidden || cell.viewer === 'owner') continue;
      const names = Object.entries(made.names).map(([key, value]) => [key, unknown(value)]);
      const nothing = await ask(stack, made, cell, Object.fromEntries(names) as object);
      expect(seen(answer), `${cell.viewer}: nothing tells it from an id of nothing`).toEqual(seen(nothing));
    }
    expect(answers).toEqual(Object.fromEntries(row.map((cell) => [cell.viewer, wanted(cell)])));
  });

  test('every operation that takes an id has an expectation', () => {
    const known = new Set(cells.map(({ method, path }) => shape(`${method} ${path}`)));
    const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
    const taking = operations.filter(
      (operation) => takesId(operation) && !operation.path.startsWith('/admin'),
    );
    expect(taking.length).toBeGreaterThan(40);
    const forgotten = taking
      .map(({ method, path }) => shape(`${method} ${path}`))
      .filter((name) => !known.has(name));
    expect(forgotten, 'expected a row in docs/visibility.md or here').toEqual([]);
  });
});
