import type { Response } from 'supertest';
import { expect } from 'vitest';
import type { ProblemBody } from './contract.js';

/** Checks that a response is an error in the contract's format, and returns it for further checks. */
export function refused(response: Response, status: number, code: string): ProblemBody {
  const body = response.body as ProblemBody;
  expect(`${response.status} ${body.code}`).toBe(`${status} ${code}`);
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.headers['access-control-allow-origin']).toBe('*');
  expect(body).toEqual({
    type: expect.any(String) as string,
    title: expect.any(String) as string,
    status,
    detail: expect.any(String) as string,
    code,
    params: expect.any(Object) as object,
    requestId: response.headers['x-request-id'],
    ...(body.errors ? { errors: expect.any(Array) as [] } : {}),
  });
  return body;
}

/** The faults of a 422 `validation_failed`: `pointer code`, in alphabetical order. */
export function faults(response: Response): string[] {
  const { errors = [] } = refused(response, 422, 'validation_failed');
  return errors.map(({ pointer, parameter, code }) => `${pointer ?? parameter ?? ''} ${code}`).sort();
}

/** Timestamps in the contract's format, always with three decimals. */
export const moment: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** Ids are decimal text. */
export const anId: unknown = expect.stringMatching(/^[1-9]\d{0,18}$/);
