import { describe, expect, it } from 'vitest';
import type { Heard, StoreState } from '@app/platform';
import { Neighbours } from './neighbours.js';

const heard = (id: string, beat: number, redis: StoreState, kind: 'api' | 'worker' = 'api'): Heard => ({
  heartbeat: {
    id,
    kind,
    beat,
    host: 'h',
    pid: 1,
    version: '1',
    startedAt: '2026-01-01T00:00:00.000Z',
    metrics: '127.0.0.1:1',
    objectStores: ['disk'],
    sees: { database: 'ok', redis },
  },
  age: 0,
});

const lost = new Set(['redis'] as const);

/** A process that has lost Redis, and receives its neighbours' beats. */
function listening() {
  let now = 0;
  const neighbours = new Neighbours({ id: 'self', kind: 'api' }, () => now);
  const hear = (...all: Heard[]) => {
    now += 2_000;
    neighbours.hear(all, lost);
  };
  neighbours.lost('redis');
  return { neighbours, hear, wait: (milliseconds: number) => (now += milliseconds) };
}

describe('whether we alone have lost a store', () => {
  it('is unknown with nobody else to ask, and we are no neighbour of ourselves', () => {
    const { neighbours, hear } = listening();
    for (let beat = 1; beat < 9; beat += 1)
      hear(heard('self', beat, 'ok'), heard('worker', beat, 'ok', 'worker'));
    expect(neighbours.reach('redis')).toBe('unknown');
  });

  it('is believed of a neighbour who twice since then says so, not of what it said before', () => {
    const { neighbours, hear } = listening();
    hear(heard('other', 7, 'ok'));
    hear(heard('other', 8, 'ok'));
    expect(neighbours.reach('redis')).toBe('unknown');
    hear(heard('other', 9, 'ok'));
    expect(neighbours.reach('redis')).toBe('only_this_process');
  });

  it('is not believed of the dead, whose row still says that all is well', () => {
    const { neighbours, hear, wait } = listening();
    for (let again = 0; again < 5; again += 1) hear(heard('dead', 7, 'ok'));
    expect(neighbours.reach('redis')).toBe('unknown');
    hear(heard('dead', 8, 'ok'));
    hear(heard('dead', 9, 'ok'));
    expect(neighbours.reach('redis')).toBe('only_this_process');
    wait(10_001);
    expect(neighbours.reach('redis')).toBe('unknown');
  });

  it('says everybody while a neighbour is without it too, and counts anew when it comes and goes', () => {
    const { neighbours, hear } = listening();
    hear(heard('other', 1, 'ok'));
    hear(heard('other', 2, 'ok'));
    hear(heard('other', 3, 'down'));
    expect(neighbours.reach('redis')).toBe('everybody');
    hear(heard('other', 4, 'ok'));
    expect(neighbours.reach('redis')).toBe('unknown');
  });

  it('keeps half of a pool from leaving over what it can do without, but not over PostgreSQL', () => {
    const { neighbours, hear } = listening();
    const beat = (number: number) =>
      hear(heard('a', number, 'down'), heard('b', number, 'down'), heard('c', number, 'ok'));
    for (let number = 1; number < 6; number += 1) beat(number);
    expect(neighbours.reach('redis')).toBe('everybody');
    const alone = new Neighbours({ id: 'self', kind: 'api' }, () => 0);
    const database = new Set(['database'] as const);
    for (let number = 1; number < 6; number += 1) alone.hear([heard('c', number, 'ok')], database);
    expect(alone.reach('database')).toBe('only_this_process');
  });
});
