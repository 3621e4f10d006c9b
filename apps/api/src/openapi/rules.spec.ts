import 'reflect-metadata';
import { expect, test } from 'vitest';
import { problemParams, problemTable, type ProblemCode } from '@app/platform';
import { operations } from '../api.module.js';
import { openApiDocument } from './document.js';
import type { Node } from './shapes.js';

/** Rules for every operation and every field, those of the next endpoint too, so that all generators take the document. */
const document = openApiDocument() as unknown as {
  paths: Record<string, Record<string, Node>>;
  components: Record<string, Record<string, Node>>;
};
const { schemas = {}, parameters = {}, headers = {}, responses = {} } = document.components;

interface Place {
  at: string;
  node: Node;
}

function nodesOf(value: unknown, at = ''): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([key, one]) => nodesOf(one, `${at}/${key}`));
  return Array.isArray(value) ? below : [{ at, node: value as Node }, ...below];
}

const nodes = nodesOf(document);
const isOf = (type: string, { type: own }: Node) => [own].flat().includes(type);
const typed = (type: string) => nodes.filter(({ node }) => isOf(type, node));
const places = (found: Place[]) => found.map(({ at }) => at);
const named = (node: Node | undefined) => schemas[String(node?.['$ref']).split('/').at(-1) ?? ''];
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, node]) => ({ at: `${method} ${path}`, node })),
);

test('every operation is described', () => {
  expect(places(described.filter(({ node }) => String(node['description'] ?? '').length < 20))).toEqual([]);
});

test('every field, parameter and named thing is described', () => {
  const fields = nodes.flatMap(({ at, node }) =>
    Object.entries((isOf('object', node) ? node['properties'] : undefined) ?? {}).map(([name, field]) => ({
      at: `${at}/${name}`,
      node: field as Node,
    })),
  );
  const own = [schemas, parameters, headers, responses].flatMap((group) =>
    Object.entries(group).map(([at, node]) => ({ at, node })),
  );
  const taken = described.flatMap(({ at, node }) =>
    ((node['parameters'] ?? []) as Node[])
      .filter(({ $ref }) => $ref === undefined)
      .map((one) => ({ at: `${at} ${String(one['name'])}`, node: one })),
  );
  expect(fields.length).toBeGreaterThan(200);
  const mute = [...fields, ...own, ...taken].filter(
    ({ node }) => !(node['description'] ?? named(node)?.['description']),
  );
  expect(places(mute)).toEqual([]);
});

test('every text, list and number has its bounds or its width', () => {
  const texts = typed('string').filter(
    ({ node: { maxLength, format, enum: values } }) => !(maxLength ?? values) && format !== 'binary',
  );
  const lists = typed('array').filter(({ node }) => node['maxItems'] === undefined);
  const numbers = [...typed('integer'), ...typed('number')].filter(({ node }) => !node['format']);
  expect({ texts: places(texts), lists: places(lists), numbers: places(numbers) }).toEqual({
    texts: [],
    lists: [],
    numbers: [],
  });
});

test('what may be null says so in its type', () => {
  const found = nodes.filter(({ node: { type, anyOf, oneOf } }) =>
    [type === 'null' ? [{ type }] : [], anyOf ?? [], oneOf ?? []]
      .flat()
      .some((one) => (one as Node)['type'] === 'null'),
  );
  expect(places(found)).toEqual([]);
});

test('every name is one in every language, and every body has one', () => {
  const names = [schemas, parameters, headers, responses].flatMap(Object.keys);
  expect(names.filter((name) => !/^[A-Z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  const bodies = nodesOf({ paths: document.paths, responses }).filter(({ at }) =>
    /\/content\/[^/]+\/[^/]+\/schema$/.test(at),
  );
  expect(bodies.length).toBeGreaterThan(100);
  const nameless = bodies.filter(({ node }) => node['$ref'] === undefined && !isOf('string', node));
  expect(places(nameless)).toEqual([]);
});

/** The names of all schemas that these nodes lead to. */
function reached(from: unknown, known = new Set<string>()): Set<string> {
  for (const { node } of nodesOf(from)) {
    const name = String(node['$ref'] ?? '').split('/schemas/')[1];
    if (name === undefined || known.has(name)) continue;
    known.add(name);
    reached(schemas[name], known);
  }
  return known;
}

test('enums are open in answers and closed in requests', () => {
  const sent = described.map(({ node }) => [node['requestBody'], node['parameters']]);
  const ofRequests = [sent, ...[...reached(sent)].map((name) => schemas[name])];
  const ofAnswers = [responses, ...described.map(({ node }) => node['responses'])];
  const answers = [ofAnswers, ...[...reached(ofAnswers)].map((name) => schemas[name])];
  const open = nodesOf(ofRequests).filter(({ node }) => node['x-extensible-enum']);
  const closed = nodesOf(answers).filter(({ node: { enum: values, const: only } }) => values ?? only);
  expect({ open: places(open), closed: places(closed) }).toEqual({ open: [], closed: [] });
  expect(nodesOf(answers).filter(({ node }) => node['x-extensible-enum']).length).toBeGreaterThan(10);
});

test('401 and 429 are answers of every operation that can be refused so', () => {
  const missing = operations().flatMap(({ operationId, endpoint: { path, method, access, rate } }) => {
    const answers = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.['responses'];
    const wanted = [access === 'none' ? [] : '401', rate === 'none' ? [] : '429'].flat();
    return wanted
      .filter((status) => !(status in (answers as object)))
      .map((status) => `${operationId} ${status}`);
  });
  expect(missing).toEqual([]);
});

test('events and finds are told apart by a field', () => {
  const several = nodes.filter(({ node }) => node['oneOf']);
  expect(several.length).toBeGreaterThan(1);
  expect(places(several.filter(({ node }) => !node['discriminator']))).toEqual([]);
});

test('the parameters that a refusal names in its sentence are described', () => {
  const forgotten = (Object.keys(problemTable) as ProblemCode[]).flatMap((code) =>
    [...problemTable[code][1].matchAll(/\{(\w+)\}/g)]
      .map(([, name = '']) => name)
      .filter((name) => !problemParams[code]?.[name])
      .map((name) => `${code}: ${name}`),
  );
  expect(forgotten).toEqual([]);
});
