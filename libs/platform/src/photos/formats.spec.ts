import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasRealPhotos, notPhotos, plain, realPhotos } from '../../../../test/fixtures/photos.js';
import { SNIFF_BYTES, sniffFormat } from './formats.js';

const ftyp = (...brands: string[]) => {
  const box = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1'),
  ]);
  box.writeUInt32BE(box.length);
  return Buffer.concat([box, Buffer.from('\0\0\0\x20metaavif', 'latin1')]);
};

describe('sniffFormat', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'knows %s by its first bytes',
    async (format) => {
      const bytes = await plain(20, 10, '#808080').toFormat(format).toBuffer();
      expect(sniffFormat(bytes.subarray(0, SNIFF_BYTES))).toBe(`image/${format}`);
    },
  );

  it.each(Object.entries(notPhotos))('knows that %s is no photo', (_, bytes) => {
    expect(sniffFormat(bytes)).toBeNull();
  });

  it.each([
    [['heic', 'mif1', 'heic'], 'image/heic'],
    [['mif1', 'heic', 'miaf'], 'image/heic'],
    [['mif1', 'miaf', 'avif'], 'image/avif'],
    [['avis', 'msf1'], 'image/avif'],
    [['mif1'], null],
    [['miaf', 'mif1'], null],
    [['miaf', 'mif1', 'heic'], 'image/heic'],
    [['MA1A', 'miaf', 'avif'], 'image/avif'],
    [['1pic', 'mif1', 'heix'], 'image/heic'],
    [['hevc', 'msf1'], 'image/heic'],
    [['vvic', 'mif1', 'vvic'], null],
    [['mp42', 'avif'], null],
  ])('reads the brands %j as %s', (brands, format) => {
    expect(sniffFormat(ftyp(...brands))).toBe(format);
  });

  it.skipIf(!hasRealPhotos)('agrees with the names of real photos', () => {
    const types: Record<string, string> = {
      jpg: 'image/jpeg',
      png: 'image/png',
      webp: 'image/webp',
      avif: 'image/avif',
      heic: 'image/heic',
    };
    const names = readdirSync(realPhotos).filter((name) => /\.(jpg|png|webp|avif|heic)$/.test(name));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const head = Buffer.alloc(SNIFF_BYTES);
      const file = openSync(`${realPhotos}${name}`, 'r');
      readSync(file, head);
      closeSync(file);
      expect([name, sniffFormat(head)]).toEqual([name, types[name.split('.').at(-1) ?? '']]);
    }
  });
});
