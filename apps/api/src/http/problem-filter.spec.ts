import { expect, test } from 'vitest';
import { toProblem } from './problem-filter.js';

const coded = (code: string, message = 'no') => Object.assign(new Error(message), { code });

test.each([
  coded('08006'),
  // PgBouncer cannot reach its server, or a query waited too long for a connection.
  coded('08P01'),
  coded('53300', 'sorry, too many clients already'),
  coded('57P01', 'terminating connection due to administrator command'),
  coded('57P03', 'the database system is starting up'),
  coded('25006', 'cannot execute INSERT in a read-only transaction'),
  coded('57014', 'canceling statement due to statement timeout'),
  coded('55P03', 'canceling statement due to lock timeout'),
  coded('40P01', 'deadlock detected'),
  coded('EMFILE', 'socket EMFILE'),
  coded('ENFILE', 'open ENFILE'),
  coded('EHOSTUNREACH'),
  new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
  new Error('Connection terminated unexpectedly'),
  new Error('timeout expired'),
  new Error('timeout exceeded when trying to connect'),
  new Error('Client has encountered a connection error and is not queryable'),
])('a client is asked to come again after %s', (fault) => {
  const { code, status, headers } = toProblem(fault);
  expect({ code, status, headers }).toEqual({
    code: 'unavailable',
    status: 503,
    headers: { 'retry-after': '2' },
  });
});

test.each([coded('42703', 'column does not exist'), coded('23505'), new TypeError('of ours')])(
  'a fault of ours stays one: %s',
  (fault) => expect(toProblem(fault).code).toBe('internal_error'),
);
