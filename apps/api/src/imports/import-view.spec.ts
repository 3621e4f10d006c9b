import type { TransferRow } from '@app/storage';
import { expect, test } from 'vitest';
import { showImport } from './import-view.js';

const report = { posts: 2, photos: 3, leftOut: [] };
const row = (changed: Partial<TransferRow>) =>
  ({
    id: '7',
    state: 'queued',
    progress: 4,
    waiting_for: null,
    error: null,
    report,
    ...changed,
  }) as TransferRow;

test('one that waits says what for', () => {
  expect(showImport(row({ waiting_for: 'quota' }))).toEqual({
    id: '7',
    state: 'waiting',
    progress: 4,
    waitingFor: 'quota',
    failure: null,
    report,
  });
  expect(showImport(row({ state: 'importing' })).state).toBe('running');
});

test.each([
  ['zip_invalid', 'zip_invalid'],
  ['Error: connect ECONNREFUSED 10.0.0.7', 'unavailable'],
])('one that failed by "%s" says %s, and no error of ours', (error, failure) => {
  expect(showImport(row({ state: 'failed', error })).failure).toBe(failure);
  expect(showImport(row({ state: 'queued', error })).failure).toBeNull();
});
