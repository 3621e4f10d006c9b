import { expect, test } from 'vitest';
import type { EndpointOptions } from '../http/endpoint.js';
import { headerParametersOf } from '../openapi/headers.js';
import { codesOf } from '../openapi/problem-answers.js';
import { proofRequest } from './proofs.schemas.js';

test.each([{ password: 'one' }, { code: '042137' }, { send: 'email' }])('%j is taken as proof', (given) => {
  expect(proofRequest.safeParse(given).success).toBe(true);
});

test.each([
  {},
  { password: 'one', code: '042137' },
  { token: 'x' },
  { send: 'sms' },
  { send: 'email', code: '042137' },
])('%j is not', (given) => {
  expect(proofRequest.safeParse(given).success).toBe(false);
});

const change: EndpointOptions = {
  method: 'DELETE',
  path: '/v1/me/change',
  tag: 'Accounts',
  summary: 'Change something dangerous',
  access: 'required',
  answers: { 204: null },
};

test('an endpoint that asks for a proof says so: by a header and a refusal', () => {
  const proven = { ...change, proven: true };
  const header = { $ref: '#/components/parameters/NarwhalProof' };
  expect(headerParametersOf(proven)).toContainEqual(header);
  expect(codesOf(proven)).toContain('proof_required');
  expect(headerParametersOf(change)).not.toContainEqual(header);
  expect(codesOf(change)).not.toContain('proof_required');
});
