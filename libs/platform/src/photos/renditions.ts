export interface Size {
  width: number;
  height: number;
}

/**
 * The version of the whole rendition pipeline: grows with each release whose renditions look different, so that `storage
 * redevelop --older` finds those of older versions.
 */
export const PIPELINE = 1;

interface Rendition {
  /** Its object's name within the photo's folder. */
  file: string;
  type: string;
  width: number;
  /** Cropped to the middle; all others keep the photo's shape. */
  square?: true;
}

/**
 * Every photo size of the contract. Pure data: the api builds URLs from it without loading an image library. JPEG is for
 * clients that cannot read WebP; nothing needs it smaller.
 */
export const renditions = {
  square64: { file: 'square64.webp', type: 'image/webp', width: 64, square: true },
  square150: { file: 'square150.webp', type: 'image/webp', width: 150, square: true },
  square320: { file: 'square320.webp', type: 'image/webp', width: 320, square: true },
  w320: { file: 'w320.webp', type: 'image/webp', width: 320 },
  w640: { file: 'w640.webp', type: 'image/webp', width: 640 },
  w1080: { file: 'w1080.webp', type: 'image/webp', width: 1080 },
  jpeg1080: { file: 'jpeg1080.jpg', type: 'image/jpeg', width: 1080 },
} as const satisfies Record<string, Rendition>;

export type RenditionName = keyof typeof renditions;
export const renditionNames = Object.keys(renditions) as RenditionName[];

/** The renditions of a `photo` in the contract. */
export const photoRenditions = [
  'square150',
  'w320',
  'w640',
  'w1080',
  'jpeg1080',
] as const satisfies RenditionName[];

/** The renditions of an `avatar` in the contract: every photo has them, so it can become one at once. */
export const avatarRenditions = {
  w64: 'square64',
  w150: 'square150',
  w320: 'square320',
} as const satisfies Record<string, RenditionName>;

/** The name of the uploaded bytes; served only to their owner. */
export const ORIGINAL = 'original';

/** Every object that a photo's folder can hold, so that deleting never has to list the store. */
export const photoObjectNames: readonly string[] = [
  ORIGINAL,
  ...renditionNames.map((name) => renditions[name].file),
];

/** WebP has 14 bits for a side; scrolled screenshots are longer than that. */
export const LONGEST_SIDE = 16_383;

/** `photo` scaled to fit `width`, never enlarged, never thinner than a pixel nor longer than a WebP may be. */
export function fitWidth(photo: Size, width: number): Size {
  const scale = Math.min(1, width / photo.width, LONGEST_SIDE / photo.height);
  return {
    width: Math.max(1, Math.round(photo.width * scale)),
    height: Math.max(1, Math.round(photo.height * scale)),
  };
}

/** The exact size of a rendition of a photo of this displayed size. */
export function renditionSize(name: RenditionName, photo: Size): Size {
  const rendition: Rendition = renditions[name];
  if (!rendition.square) return fitWidth(photo, rendition.width);
  const side = Math.min(rendition.width, photo.width, photo.height);
  return { width: side, height: side };
}
