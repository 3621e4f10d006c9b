import { expect, test } from 'vitest';
import type { ApiRequest } from '../http/call.js';
import { isNeighbour } from './health.controller.js';

const from = (remoteAddress: string | undefined, headers: Record<string, string> = {}): boolean =>
  isNeighbour({ raw: { socket: { remoteAddress } }, headers } as unknown as ApiRequest);

test('metrics are for peers on loopback or a private network', () => {
  const near = [
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.9',
    'fd00::7',
    'fe80::1',
    '::ffff:10.0.0.1',
  ];
  expect(near.filter((address) => !from(address))).toEqual([]);
  const far = ['8.8.8.8', '172.32.0.1', '2001:db8::1', '::ffff:8.8.8.8', undefined];
  expect(far.filter((address) => from(address))).toEqual([]);
});

test('a proxy beside us speaks for others', () => {
  for (const name of ['forwarded', 'x-forwarded-for', 'via'])
    expect(from('127.0.0.1', { [name]: '10.0.0.1' })).toBe(false);
});
