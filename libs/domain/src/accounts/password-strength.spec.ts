import { expect, test } from 'vitest';
import { PasswordStrength } from './password-strength.js';

const ada = { username: 'ada.lovelace', email: 'countess@ockham.example', displayName: 'Ada King' };
const strength = new PasswordStrength();

test.each([
  ['password', 0, /characters.*heavily used/],
  ['12345678', 0, /heavily used/],
  [' '.repeat(8), 0, /Repeated characters/],
  ['ada.lovelace', 0, /personal/],
  ['countess@ockham.example', 0, /personal/],
  ['AdaKing1815', 2, /personal/],
  ['qwertyuiop[]', 1, /keyboard/],
  // Strong, but short.
  ['xK9#mQ2$v', 3, /^It has 9 characters, and needs at least 10\.$/],
])('%j is too weak, with a reason', async (password, score, reason) => {
  await expect(strength.assert(password, ada)).rejects.toMatchObject({
    status: 422,
    code: 'password_too_weak',
    params: { score, required: 3, reason: expect.stringMatching(reason) as string },
  });
});

test.each(['correct horse battery staple', 'grüne Wale singen laut', '🐋🦭🐙 unter dem Eis', 'kT7$vw0!pQzR'])(
  '%j is taken',
  async (password) => {
    await strength.assert(password, ada);
  },
);

test('only the first hundred characters are judged, and nothing waits for them', async () => {
  await expect(strength.assert(`${'🐋'.repeat(100)}kT7$vw0!pQzR`, ada)).rejects.toThrow('password_too_weak');
  // The costliest of many that were tried: all that can be read as letters, without a pattern.
  const worst = Array.from({ length: 100 }, (_, i) =>
    '4@8({[<369&#!|1/\\0$5+7%2'.charAt((i * i * 7) % 24),
  ).join('');
  const order: string[] = [];
  await Promise.all([
    strength.assert(worst, ada).then(() => order.push('judged')),
    new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turned')),
  ]);
  expect(order).toEqual(['turned', 'judged']);
});

test('more at once than the queue holds are told that it is busy', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, () => strength.assert('password', ada)),
  );
  const codes = results.map((one) => (one as { reason?: { code: string } }).reason?.code);
  expect(codes.filter((code) => code === 'busy')).toHaveLength(5);
  expect(codes.filter((code) => code === 'password_too_weak')).toHaveLength(25);
});
