import { limits, MediaUrls } from '@app/platform';
import type { TransferRow } from '@app/storage';
import { expect, test } from 'vitest';
import { ExportView } from './export-view.js';

const urls = new MediaUrls('https://media.example', [{ id: 'a', secret: '5'.repeat(64) }]);
const view = new ExportView({ publicUrl: 'https://photos.example' }, urls);
const row = (expiresIn: number) =>
  ({
    id: '77',
    state: 'ready',
    progress: 100,
    bytes: '5000000000',
    expires_at: new Date(Date.now() + expiresIn),
  }) as TransferRow;
const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

test('an address is good for a day, and never longer than the export', () => {
  const week = Number(queryOf(view.url(row(7 * 86_400_000)))['e']) - Date.now() / 1000;
  expect(week).toBeLessThanOrEqual(limits.export.linkFor);
  expect(week).toBeGreaterThan(limits.export.linkFor - 60);
  expect(Number(queryOf(view.url(row(60_000)))['e'])).toBeLessThanOrEqual(Date.now() / 1000 + 60);
});

test('an address opens its own export alone, and no folder', () => {
  const query = queryOf(view.url(row(60_000)));
  view.mustBeSigned('77', query);
  expect(() => view.mustBeSigned('78', query)).toThrow('url_invalid');
  expect(urls.check('77', query)).toBe('invalid');
  expect(view.show(row(60_000))).toMatchObject({ state: 'ready', bytes: 5_000_000_000 });
});
