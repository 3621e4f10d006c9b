import { readFileSync } from 'node:fs';
import request from 'supertest';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { conforms } from './harness/conforms.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { scene, type Scene } from './harness/visibility-scene.js';
import { toldByStream } from './harness/visibility-stream.js';
import { exemptRequests, visibilityTable, type Expectation } from './harness/visibility-table.js';

let stack: Stack;

beforeAll(async () => {
  stack = await sharedStack();
});

function bodyOf({ method, path }: Expectation): object | undefined {
  if (method === 'POST') return { text: 'A word' };
  if (method === 'PATCH') return path.includes('/photos/') ? { altText: 'A sea' } : { commentsClosed: false };
  return undefined;
}

/** Whether Ada's thing is in a response: her id is in a person, an author, or the requested ids; or the word that only she used. */
function shows(body: unknown, { names }: Scene): boolean {
  const text = JSON.stringify(body);
  const hers = ['ada', 'post', 'photo', 'comment', 'archived post', 'tag', 'place'];
  return hers.some((name) => text.includes(`"${names[name]}"`));
}

async function answer(scene: Scene, expectation: Expectation): Promise<string> {
  const { viewer, method, path } = expectation;
  const names: Record<string, string | undefined> = {
    ...scene.names,
    collection: scene.collections[viewer] ?? '1',
  };
  const url = path.replace(/\{([^}]+)\}/g, (_, key: string) => names[key] ?? `unknown ${key}`);
  const verb = method.toLowerCase() as 'get' | 'put' | 'post' | 'patch' | 'delete';
  const sent = request(stack.url)[verb](url);
  const person = scene.viewers[viewer];
  if (person) void sent.set('Authorization', `Bearer ${person.session.accessToken}`);
  const body = bodyOf(expectation);
  const response = body ? await sent.send(body) : await sent;
  conforms(method, url, response);
  if (method !== 'GET' || response.status !== 200) return String(response.status);
  const { items, count } = response.body as { items?: unknown; count?: number };
  if (count !== undefined) return count > 0 ? 'yes' : 'out';
  if (items === undefined) return 'yes';
  // A list of Ada's own followers or likes may contain other people; the rule is only that it is answered.
  if (/\/users\/\{ada\}\/(followers|following)/.test(path)) return 'yes';
  return shows(items, scene) ? 'yes' : 'out';
}

describe.each(['public', 'private'] as const)('Ada is %s', (kind) => {
  let played: Scene;
  beforeAll(async () => {
    played = await scene(stack, kind);
  });

  const table = visibilityTable(`Ada is ${kind}`);
  const requests = [...new Set(table.map(({ method, path }) => `${method} ${path}`))];

  it.each(requests)('%s', async (name) => {
    const cells = table.filter(({ method, path }) => `${method} ${path}` === name);
    const expected = Object.fromEntries(cells.map(({ viewer, expected }) => [viewer, expected]));
    if (name.startsWith('GET /v1/stream')) {
      expect(await toldByStream(stack, played)).toMatchObject(expected);
      return;
    }
    const answers: Record<string, string> = {};
    // Viewers who may delete go last, since there is nothing to refuse afterwards.
    for (const cell of cells.toReversed()) answers[cell.viewer] = await answer(played, cell);
    expect(answers).toEqual(expected);
  });
});

describe('every endpoint', () => {
  /** Treats all id placeholders as equal. */
  const shape = (name: string) =>
    name
      .replace(/ \(.*\)$/, '')
      .replace(/\?.*$/, '')
      .replace(/\{[^}]+\}/g, '{}');
  const contract = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as {
    paths: Record<string, object>;
  };
  const endpoints = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const exempt = exemptRequests();
  const isExempt = (endpoint: string) =>
    exempt.some(({ request }) =>
      request.endsWith('*')
        ? endpoint.split(' ')[1]?.startsWith(request.replace(/^\* |\*$/g, ''))
        : shape(request) === shape(endpoint),
    );

  test.each(['Ada is public', 'Ada is private'])('stands in the table “%s”, or says why not', (heading) => {
    const rows = new Set(visibilityTable(heading).map(({ method, path }) => shape(`${method} ${path}`)));
    const forgotten = endpoints.filter((endpoint) => !rows.has(shape(endpoint)) && !isExempt(endpoint));
    expect(forgotten, 'expected a row of docs/visibility.md for each of these').toEqual([]);
  });

  test('that is left out has a reason, and exists', () => {
    expect(exempt.filter(({ reason }) => reason.length < 5)).toEqual([]);
    const known = new Set(endpoints.map(shape));
    const gone = exempt.filter(({ request }) => !request.endsWith('*') && !known.has(shape(request)));
    expect(gone).toEqual([]);
  });
});
