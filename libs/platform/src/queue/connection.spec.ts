import { expect, test } from 'vitest';
import { clusterNodes } from './connection.js';

test('a URL names one server, or nodes of a cluster and their password', () => {
  expect(clusterNodes('redis://127.0.0.1:6379/2')).toBeNull();
  expect(clusterNodes('redis+cluster://one:7000,two:7001/')).toEqual([
    { host: 'one', port: 7000 },
    { host: 'two', port: 7001 },
  ]);
  expect(clusterNodes('redis+cluster://:se%40cret@one:7000')).toEqual([
    { host: 'one', port: 7000, password: 'se@cret' },
  ]);
  expect(clusterNodes('rediss+cluster://one:7000')).toEqual([{ host: 'one', port: 7000, tls: {} }]);
});
