import { expect, test } from 'vitest';
import { shortened } from './origin.js';

test.each([
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:1:2::3', '2001:db8:1::/48'],
  ['::1', '::/48'],
  ['nonsense', null],
])('%s is stored as %s', (ip, network) => {
  expect(shortened(ip)).toBe(network);
});
