import type { Size } from '@app/platform/photos';
import type { Tile } from './heic-picture.js';
import type { Pixels } from './pixels.js';

/**
 * The number of pixels per side that may be averaged into one before the real resize, a whole number: it leaves at least twice
 * the wanted size, as libvips does for a JPEG, so that no sharpness is lost. Powers of two, which divide tiles evenly.
 */
export function boxFactor(photo: Size, wanted: Size, fits: readonly number[]): number {
  const ratio = Math.min(photo.width / wanted.width, photo.height / wanted.height);
  let factor = 1;
  while (factor * 2 * 1.8 <= ratio && fits.every((length) => length % (factor * 2) === 0)) factor *= 2;
  return factor;
}

/** A picture assembled from tiles, averaged as they arrive, so that it is never held at full size. */
export class Mosaic {
  readonly pixels: Pixels;

  constructor(
    private readonly photo: Size,
    private readonly factor: number,
    private readonly isPremultiplied: boolean,
  ) {
    const width = Math.ceil(photo.width / factor);
    const height = Math.ceil(photo.height / factor);
    this.pixels = { width, height, data: Buffer.alloc(width * height * 3) };
  }

  /** `left` and `top`: the position of the tile's first pixel in the photo; negative when it is outside. */
  place(tile: Tile, left: number, top: number): void {
    const { factor, photo, pixels } = this;
    const right = Math.min(photo.width, left + tile.width);
    const bottom = Math.min(photo.height, top + tile.height);
    for (let y = Math.max(0, top); y < bottom; y += factor) {
      const rows = Math.min(factor, bottom - y);
      let to = (Math.floor(y / factor) * pixels.width + Math.floor(Math.max(0, left) / factor)) * 3;
      for (let x = Math.max(0, left); x < right; x += factor) {
        const columns = Math.min(factor, right - x);
        this.#average(tile, (y - top) * tile.stride + (x - left) * tile.channels, columns, rows, to);
        to += 3;
      }
    }
  }

  #average(tile: Tile, from: number, columns: number, rows: number, to: number): void {
    const { data, stride, channels } = tile;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let row = 0; row < rows; row += 1) {
      let at = from + row * stride;
      for (let column = 0; column < columns; column += 1) {
        const alpha = channels === 4 ? (data[at + 3] ?? 255) / 255 : 1;
        const share = this.isPremultiplied ? 1 : alpha;
        // Transparent pixels are laid on white.
        const white = 255 * (1 - alpha);
        red += (data[at] ?? 0) * share + white;
        green += (data[at + 1] ?? 0) * share + white;
        blue += (data[at + 2] ?? 0) * share + white;
        at += channels;
      }
    }
    const count = columns * rows;
    const target = this.pixels.data;
    target[to] = red / count + 0.5;
    target[to + 1] = green / count + 0.5;
    target[to + 2] = blue / count + 0.5;
  }
}
