import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { problemTable, type ProblemCode } from '@app/platform';
import { root } from '../../../../tools/dev/install.mjs';
import { openApiDocument, openApiText, threeZeroText } from './document.js';
import { operations } from '../api.module.js';
import { wireOf } from './problem-schemas.js';
import { tags } from './about.js';

interface Described {
  operationId: string;
  parameters?: { name?: string; in?: string; $ref?: string }[];
  responses: Record<string, object>;
  'x-problems': Record<string, string[]>;
}

const document = openApiDocument();
const operation = (path: string, method: 'get' | 'post' | 'put' | 'delete'): Described =>
  document.paths?.[path]?.[method] as unknown as Described;

const codesOf = (path: string, method: 'get' | 'post' | 'put' | 'delete', status: number): string[] =>
  operation(path, method)['x-problems'][status] ?? [];

test('the committed file is what the endpoints declare', () => {
  expect(readFileSync(join(root, 'openapi.json'), 'utf8') === openApiText()).toBe(true);
});

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(openApiText()) as Record<string, unknown>);
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

/** An operation says what it does: one of these, and to what. */
const verbs =
  'accept add append archive block change close complete count create decide delete dismiss download end follow get like link list mark mute open override presign refresh reject remove request reset revert save search set sign unarchive unblock unfollow unlike unlink unmute unsave update upload verify'.split(
    ' ',
  );

test('the same document is valid OpenAPI 3.0, with the same operations and names', async () => {
  const older = JSON.parse(threeZeroText()) as Record<string, unknown> & typeof document;
  const validator = new Validator();
  const result = await validator.validate(structuredClone(older));
  expect(result.errors ?? []).toEqual([]);
  expect(validator.version).toBe('3.0');
  expect(Object.keys(older.paths ?? {})).toEqual(Object.keys(document.paths ?? {}));
  expect(Object.keys(older.components?.schemas ?? {})).toEqual(
    Object.keys(document.components?.schemas ?? {}),
  );
  expect(older.components?.schemas?.['Renditions']).toMatchObject({ type: 'object', nullable: true });
});

test('every operation has a name of its own, which begins with a verb', () => {
  const names = operations().map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  const named = new RegExp(`^(${verbs.join('|')})[A-Z][A-Za-z]+$|^sign(Up|In)$`);
  expect(names.filter((name) => !named.test(name))).toEqual([]);
});

test('every tag is described', () => {
  const described = tags.map(({ name }) => name);
  for (const { endpoint } of operations()) expect(described).toContain(endpoint.tag);
});

test('an operation names exactly the codes that it may answer, by status', () => {
  expect(codesOf('/v1/posts', 'post', 422)).toEqual([
    'idempotency_key_reused',
    'photo_already_posted',
    'photo_not_found',
    'photo_rejected',
    'validation_failed',
  ]);
  expect(codesOf('/v1/feed', 'get', 401)).toEqual([
    'session_ended',
    'token_expired',
    'token_invalid',
    'token_missing',
  ]);
  expect(codesOf('/v1/posts/{id}', 'get', 401)).not.toContain('token_missing');
  expect(operation('/v1/instance', 'get').responses).not.toHaveProperty('401');
});

test('one wire code may stand for two refusals with different statuses', () => {
  expect(codesOf('/v1/me', 'delete', 403)).toContain('bad_credentials');
  expect(codesOf('/v1/sessions', 'post', 401)).toEqual(['bad_credentials', 'second_factor_required']);
});

test('the enum of codes is the table of problems', () => {
  const problem = document.components?.schemas?.['Problem'] as {
    properties: { code: { 'x-extensible-enum': string[] } };
  };
  const wired = (Object.keys(problemTable) as ProblemCode[]).map((code) => wireOf(code).code);
  expect(problem.properties.code['x-extensible-enum']).toEqual([...new Set(wired)].toSorted());
});

test('paths, queries and headers are parameters', () => {
  const of = (path: string, method: 'get' | 'post') =>
    (operation(path, method).parameters ?? []).map(({ name, $ref }) => name ?? $ref?.split('/').at(-1));
  expect(of('/v1/users/{id}/followers', 'get')).toEqual(['id', 'limit', 'cursor', 'newer']);
  expect(of('/v1/photos', 'post')).toEqual(['IdempotencyKey', 'Prefer']);
  expect(of('/v1/feed', 'get')).toContain('IfNoneMatch');
});

test('answers may grow: nothing in them forbids further fields', () => {
  const post = document.components?.schemas?.['Post'];
  expect(post).toHaveProperty('properties.photos');
  expect(post).not.toHaveProperty('additionalProperties');
});

/** Code that a client developer would write against the generated types. */
const client = `
import type { components, operations } from './contract.js';
type Statuses<Operation extends keyof operations> = keyof operations[Operation]['responses'];
export const refused = (status: Statuses<'getPost'> & 404, problem: operations['getPost']['responses'][404]['content']['application/problem+json']): string => problem.code + status;
export const limit = (params: components['schemas']['PhotoTooLargeParams']): number => params.limit;
export const likes = (post: components['schemas']['Post']): number => post.counts.likes;
export const state = (post: components['schemas']['Post']): boolean => post.state === 'a state of next year';
export const width = (photo: components['schemas']['Photo']): number | undefined => photo.renditions?.w640.width;
export const writer = (comment: components['schemas']['Comment']): string | undefined => comment.author?.username;
export const body: NonNullable<operations['createPost']['requestBody']>['content']['application/json'] = { photoIds: ['1'] };
export const page = (list: operations['listFeedPosts']['responses'][200]['content']['application/json']): string | null => list.nextCursor;
export const found = (list: components['schemas']['SearchList']): string[] =>
  list.type === 'tags' ? list.items.map(({ tag }) => tag) : [];
// @ts-expect-error a post has no such field
export const wrong = (post: components['schemas']['Post']) => post.likes;
// @ts-expect-error a photo may have no renditions yet
export const early = (photo: components['schemas']['Photo']) => photo.renditions.w640;
// @ts-expect-error listFeedPosts is never answered so
export const never: Statuses<'listFeedPosts'> = 409;
`;

test('a typed client can be generated from it', async () => {
  const contract = astToString(await openapiTS(JSON.parse(openApiText()) as Parameters<typeof openapiTS>[0]));
  const files: Record<string, string> = { '/client.ts': client, '/contract.ts': contract };
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name in files || fileExists(name);
  host.getSourceFile = (name, language) =>
    name in files
      ? ts.createSourceFile(name, files[name] ?? '', language)
      : getSourceFile.call(host, name, language);
  const program = ts.createProgram(['/client.ts'], options, host);
  const faults = ts.getPreEmitDiagnostics(program);
  expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
});
