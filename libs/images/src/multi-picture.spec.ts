import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing } from '../../../test/fixtures/developing.js';
import { box } from '../../../test/fixtures/heif-boxes.js';
import { plain, quarters } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

const jpeg = () => quarters(300, 200).jpeg().toBuffer();

/** A segment of CIPA DC-007: it points at the pictures that follow the first. */
function withMpf(photo: Buffer, second: number): Buffer {
  const index = Buffer.from('4d5046004d4d002a00000008000201b00100000004000000020000', 'hex');
  const body = Buffer.concat([index, Buffer.alloc(4), Buffer.from([0, 0, second >> 8, second & 255])]);
  const head = Buffer.from([0xff, 0xe2, 0, body.length + 2]);
  return Buffer.concat([photo.subarray(0, 2), head, body, photo.subarray(2)]);
}

describe('of several pictures in a JPEG the main one is taken', () => {
  it.each<[string, (photo: Buffer) => Promise<Buffer> | Buffer]>([
    [
      'a motion photo: a film behind it',
      (photo) => Buffer.concat([photo, box('ftyp', 'mp42'), Buffer.alloc(90_000, 7)]),
    ],
    [
      'a gain map behind it',
      async (photo) => Buffer.concat([photo, await plain(75, 50, '#808080').jpeg().toBuffer()]),
    ],
    [
      'a multi-picture file (MPO)',
      async (photo) => {
        const first = withMpf(photo, photo.length);
        return Buffer.concat([first, await plain(640, 480, '#0000ff').jpeg().toBuffer()]);
      },
    ],
  ])('%s', async (_, make) => {
    const { result } = await photos.develop(await make(await jpeg()));
    expect(result).toEqual((await photos.develop(await jpeg())).result);
    expect(result).toMatchObject({ width: 300, height: 200 });
  });
});
