import { rgbaToThumbHash } from 'thumbhash';
import { openPixels, type Pixels } from './pixels.js';

/** The placeholder for a photo until a rendition has loaded. */
export interface Look {
  thumbhash: string;
  color: string;
}

/** thumbhash takes up to 100 x 100; from 64 it makes the same hash in half the time. */
const SIDE = 64;

/** The mean of the most frequent colours, grouped into 16 bins per channel. */
export function dominantColor(rgba: Uint8Array): string {
  const sums = new Map<number, [count: number, red: number, green: number, blue: number]>();
  let most: [number, number, number, number] = [0, 0, 0, 0];
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(at, at + 3);
    const bin = ((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4);
    const sum = sums.get(bin) ?? [0, 0, 0, 0];
    sums.set(bin, sum);
    sum[0] += 1;
    sum[1] += red;
    sum[2] += green;
    sum[3] += blue;
    if (sum[0] > most[0]) most = sum;
  }
  const [count, ...channels] = most;
  const hex = (sum: number) =>
    Math.round(sum / Math.max(count, 1))
      .toString(16)
      .padStart(2, '0');
  return `#${channels.map(hex).join('')}`;
}

export async function lookOf(pixels: Pixels): Promise<Look> {
  const { data, info } = await openPixels(pixels)
    .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const hash = rgbaToThumbHash(info.width, info.height, data);
  return { thumbhash: Buffer.from(hash).toString('base64'), color: dominantColor(data) };
}
