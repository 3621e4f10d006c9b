import type { Sharp } from 'sharp';
import type { Size } from '@app/platform/photos';

/** The transform that makes each EXIF orientation upright: mirrored first, then turned clockwise. */
const steps: Record<number, { mirror?: 'flip' | 'flop'; turn?: number }> = {
  2: { mirror: 'flop' },
  3: { turn: 180 },
  4: { mirror: 'flip' },
  5: { mirror: 'flop', turn: 270 },
  6: { turn: 90 },
  7: { mirror: 'flop', turn: 90 },
  8: { turn: 270 },
};

/** Whether there is anything to turn; 0, 9 and worse occur in the wild and mean nothing. */
export function isTurned(orientation: number): boolean {
  return orientation in steps;
}

/** The displayed size of a stored picture, or the reverse: orientations 5 to 8 swap width and height. */
export function turnedSize({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height };
}

export function upright(image: Sharp, orientation: number): Sharp {
  const { mirror, turn } = steps[orientation] ?? {};
  const mirrored = mirror ? image[mirror]() : image;
  return turn ? mirrored.rotate(turn) : mirrored;
}
