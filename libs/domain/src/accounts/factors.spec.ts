import { CONFIG, type Config, type Id } from '@app/platform';
import { FactorRows, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { FactorUpkeep } from './factor-upkeep.js';
import { hashOfRecoveryCode, makeRecoveryCodes } from './recovery-codes.js';
import { newTotpSecret, openTotp, sealTotp, stepOf } from './totp.js';

let room: DomainRoom;
beforeAll(async () => {
  room = await domainRoom();
});
afterAll(() => room.close());

const inTransaction: UnitOfWork['run'] = (work) => room.get(UnitOfWork).run(work);
const rowsOf = (userId: Id) => inTransaction((tx) => room.get(FactorRows).of(tx, userId));

test('a secret that an older key sealed is sealed again by the one that signs, and stays the same', async () => {
  const config = room.get<Config>(CONFIG as never);
  const ada = await room.person();
  const [old, secret] = [config.TOKEN_KEYS, newTotpSecret()];
  await inTransaction((tx) => room.get(FactorRows).beginTotp(tx, ada, sealTotp(old, ada, secret)));
  const next = { id: 'next', secret: '6'.repeat(64) };
  config.TOKEN_KEYS = [next, ...old];
  await room.get(FactorUpkeep).sealAgain(10);
  const [row] = await rowsOf(ada);
  if (!row) throw new Error('expected a factor');
  expect(row.sealed_by).toBe('next');
  expect(openTotp([next], row)).toBe(secret);
  // The secret of one account is nothing in the row of another.
  expect(openTotp([next], { ...row, user_id: '1' })).toBeNull();
  // Keys that are gone, because they were stolen, leave a row that nobody opens, and hold nobody up.
  config.TOKEN_KEYS = [{ id: 'other', secret: '7'.repeat(64) }];
  await room.get(FactorUpkeep).sealAgain(10);
  expect((await rowsOf(ada))[0]?.sealed_by).toBe('next');
  config.TOKEN_KEYS = old;
});

test('codes are those of RFC 6238, within one step', () => {
  // Its appendix B, in base32; the last six of eight digits.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const at = 1_111_111_109_000;
  const step = Math.floor(at / 30_000);
  expect(stepOf(secret, '081804', at)).toBe(step);
  expect(stepOf(secret, '081804', at + 30_000)).toBe(step);
  expect(stepOf(secret, '081804', at - 30_000)).toBe(step);
  expect(stepOf(secret, '081804', at + 61_000)).toBeNull();
  for (const code of ['', '81804', '0818040', 'abcdef', '081805'])
    expect(stepOf(secret, code, at)).toBeNull();
});

test('recovery codes are taken as people type them, and belong to one account', () => {
  const [code = ''] = makeRecoveryCodes();
  const hash = hashOfRecoveryCode('1', code);
  expect(hashOfRecoveryCode('1', code.toUpperCase().replaceAll('-', '').replaceAll('0', 'O'))).toEqual(hash);
  expect(hashOfRecoveryCode('2', code)).not.toEqual(hash);
});
