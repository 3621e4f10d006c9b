import { expect, test } from 'vitest';
import { toProblem } from './problem-filter.js';

const coded = (code: string) => Object.assign(new Error(`${code}: write`), { code });
const said = (message: string, more: object = {}) => Object.assign(new Error(message), more);

test.each<[string, Error, number, string]>([
  ['a disk that fills while a photo arrives', coded('ENOSPC'), 507, 'disk_full'],
  ['a quota of the system', coded('EDQUOT'), 507, 'disk_full'],
  ['a disk that went read only', coded('EROFS'), 503, 'unavailable'],
  ['a share that is gone', coded('ESTALE'), 503, 'unavailable'],
  ['S3 that asks to come back', said('slow down', { name: 'SlowDown' }), 503, 'unavailable'],
  ['S3 that fails', said('?', { $metadata: { httpStatusCode: 500 } }), 503, 'unavailable'],
  ['S3 that refuses', said('?', { $metadata: { httpStatusCode: 403 } }), 500, 'internal_error'],
  ['Redis that starts', said('LOADING Redis is loading the dataset in memory'), 503, 'unavailable'],
  ['Redis that hangs', said('Command timed out'), 503, 'unavailable'],
  ['a mistake of ours', new TypeError('x is not a function'), 500, 'internal_error'],
])('%s', (_, error, status, code) => {
  expect(toProblem(error)).toMatchObject({ status, code });
});
