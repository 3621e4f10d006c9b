import { existsSync, readFileSync } from 'node:fs';
import request from 'supertest';
import { beforeAll, expect, test } from 'vitest';
import type { ProblemBody } from './harness/contract.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});

interface Contract {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, object> }>>;
}

test('the contract is served as a file, and as unchanged when it is', async () => {
  const { body, headers } = await request(stack.url).get('/openapi.json').expect(200);
  const contract = body as Contract;
  expect(contract.openapi).toMatch(/^3\.1\./);
  expect(contract.paths['/v1/feed']?.['get']?.responses).toHaveProperty('401');
  await request(stack.url).get('/openapi.json').set('If-None-Match', String(headers['etag'])).expect(304);
});

test('the contract is served in OpenAPI 3.0, too, with nothing of 3.1', async () => {
  const { body, text } = await request(stack.url).get('/openapi-3.0.json').expect(200);
  const contract = body as Contract;
  expect(contract.openapi).toBe('3.0.4');
  expect(contract.paths['/v1/feed']?.['get']?.responses).toHaveProperty('401');
  expect(text).toContain('"nullable": true');
  expect(text).not.toMatch(/"null"|"const":|"type": \[/);
});

test('the table of problems has the parameters of each', async () => {
  const { text } = await request(stack.url).get('/docs/problems').expect(200);
  const entry = text.split('\n').find((line) => line.includes('id="quota_exceeded"')) ?? '';
  for (const param of ['quota', 'limit', 'actual']) expect(entry).toContain(`<var>${param}</var>`);
});

test('the contract names no path that is answered 404 as unknown', async () => {
  const { body } = await request(stack.url).get('/openapi.json').expect(200);
  const paths = Object.keys((body as Contract).paths);
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths) {
    const { status, headers } = await request(stack.url).trace(path.replaceAll(/\{\w+\}/g, '1'));
    // The existence of admin pages is not revealed to others.
    const expected = path.startsWith('/admin')
      ? { status: 404, allow: 'undefined' }
      : { status: 405, allow: 'string' };
    expect({ path, status, allow: typeof headers['allow'] }).toEqual({ path, ...expected });
  }
});

test('people read the documentation in a browser, and nothing of it comes from elsewhere', async () => {
  const { text, headers } = await request(stack.url).get('/docs').expect(200).expect('Content-Type', /html/);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).not.toContain('unsafe');
  const used = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => address ?? '');
  expect(used.length).toBeGreaterThan(5);
  for (const address of used) {
    expect(address).toMatch(/^\//);
    await request(stack.url).get(address).expect(200);
  }
});

test('the type of a problem leads to its sentence', async () => {
  const refusal = await request(stack.url).get('/v1/me').expect(401);
  const { type, detail, code } = refusal.body as ProblemBody;
  const [path = '', anchor] = type.split('#');
  const { text } = await request(stack.url).get(path).expect(200).expect('Content-Type', /html/);
  const entry = text.split('\n').find((line) => line.includes(`id="${anchor}"`)) ?? '';
  expect(anchor).toBe(code);
  expect(entry).toContain(detail.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
});

test('no two sentences have the same anchor', async () => {
  const { text } = await request(stack.url).get('/docs/problems').expect(200);
  const anchors = [...text.matchAll(/<div id="(\w+)"/g)].map(([, anchor]) => anchor);
  expect(anchors.length).toBeGreaterThan(30);
  expect(new Set(anchors).size).toBe(anchors.length);
});

test('docs/security.md names files that are there, and tests that they have', () => {
  const at = (path: string) => new URL(`../${path}`, import.meta.url);
  const page = readFileSync(at('docs/security.md'), 'utf8');
  const paths = [...page.matchAll(/`([\w.@-]*\/[\w./@-]+|[\w.-]+\.(?:json|cjs))`/g)].map(
    ([, path = '']) => path,
  );
  const files = paths.filter((path) => !path.startsWith('/'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((path) => !existsSync(at(path)))).toEqual([]);
  // A quotation is of the file before it.
  let file = '';
  const missing: string[] = [];
  for (const [, path, quoted = ''] of page.matchAll(/`([^`\s]+)`|“([^”]+)”/g)) {
    file = path ?? file;
    if (!path && !readFileSync(at(file), 'utf8').includes(quoted)) missing.push(`${file}: ${quoted}`);
  }
  expect(missing).toEqual([]);
});
