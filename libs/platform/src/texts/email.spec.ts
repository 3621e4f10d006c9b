import { expect, test } from 'vitest';
import { canonicalEmail } from './email.js';

test.each([
  [' Ada@Example.ORG ', 'ada@example.org'],
  ['ada@\uff45xample.org', 'ada@example.org'],
  ['ada@\u24d4xample.org', 'ada@example.org'],
  ['ada@xn--mnchen-3ya.example', 'ada@m\u00fcnchen.example'],
  ['ada@M\u00dcNCHEN.example', 'ada@m\u00fcnchen.example'],
  ['ada', 'ada'],
  ['ada@exa mple.org', 'ada@'],
])('%s is %s', (given, expected) => {
  expect(canonicalEmail(given)).toBe(expected);
});
