import { describe, expect, it } from 'vitest';
import { photoObjectNames, renditionSize } from './renditions.js';

describe('renditionSize', () => {
  it.each([
    ['w1080', 4032, 3024, 1080, 810],
    ['w320', 1836, 3264, 320, 569],
    ['w640', 500, 400, 500, 400],
    ['w1080', 1, 1, 1, 1],
    ['w320', 10_000, 10, 320, 1],
    ['square150', 10_000, 10, 10, 10],
    ['square150', 4032, 3024, 150, 150],
    ['jpeg1080', 1080, 30_000, 590, 16_383],
  ] as const)('%s of %i x %i is %i x %i', (name, width, height, ...expected) => {
    expect(Object.values(renditionSize(name, { width, height }))).toEqual(expected);
  });

  it('names every object of a folder', () => {
    expect(photoObjectNames).toEqual([
      'original',
      'square64.webp',
      'square150.webp',
      'square320.webp',
      'w320.webp',
      'w640.webp',
      'w1080.webp',
      'jpeg1080.jpg',
    ]);
  });
});
