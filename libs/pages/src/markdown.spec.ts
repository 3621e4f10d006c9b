import { expect, test } from 'vitest';
import { listEntries, renderMarkdown } from './markdown.js';

const rendered = async (text: string) => (await renderMarkdown(text)).body.text;

test('the first heading is the title, and the rest is the body', async () => {
  const { title, body } = await renderMarkdown('# Be *kind*\n\nTo **everybody**.\n\n## Always\n');
  expect(title).toBe('Be kind');
  expect(body.text).toBe('<p>To <strong>everybody</strong>.</p>\n<h2>Always</h2>\n');
  expect((await renderMarkdown('Text')).title).toBeNull();
});

test('HTML is text, and adds no element', async () => {
  expect(await rendered('<script>alert(1)</script> <img src=x onerror=alert(1)>')).not.toMatch(
    /<(script|img)/,
  );
  expect(await rendered('![a](https://elsewhere.example/pixel.png)')).not.toContain('<img');
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  '//elsewhere.example',
  'vbscript:x',
])('no link leads to %s', async (url) => {
  expect(await rendered(`[a](${url})\n\n<${url}>\n\n[b]\n\n[b]: ${url}`)).not.toContain('<a');
});

test('links lend nobody a reputation, and tell nobody where one came from', async () => {
  for (const text of ['[a](https://a.example/)', 'https://a.example/', '[a](/terms)', '<mailto:a@a.example>'])
    expect(await rendered(text)).toMatch(/<a href="[^"]+" rel="nofollow noopener noreferrer">/);
});

test('rules are the entries of lists', async () => {
  const text =
    '# Rules\n\nPlease:\n\n1. Be **kind**,\n   always.\n   - not only here\n2. No `spam`.\n\n- Credit [others](https://a.example).\n';
  expect(await listEntries(text)).toEqual(['Be kind, always.', 'No spam.', 'Credit others.']);
});
