import { expect, test } from 'vitest';
import { networkOf } from './rate-limits.js';

test.each([
  ['an IPv4 address', ['192.0.2.7'], '192.0.2.7'],
  ['the same, written as IPv6', ['::ffff:192.0.2.7', '::ffff:c000:207'], '192.0.2.7'],
  ['a /64', ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002:ffff::'], '2001:db8:1:2::/64'],
  [
    'a /64 with groups of zeros',
    ['2001:db8::1', '2001:db8::1:2:3:4', '2001:db8:0:0:9::'],
    '2001:db8:0:0::/64',
  ],
  ['a link with its zone', ['fe80::1%eth0'], 'fe80:0:0:0::/64'],
])('%s is one network', (_, addresses, network) => {
  for (const address of addresses) expect(networkOf(address)).toBe(network);
});
