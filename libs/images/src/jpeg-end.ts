import { appendFile, constants, copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Markers of ITU-T T.81. */
const SOS = 0xda;
const DHT = 0xc4;
const DAC = 0xcc;
const JPG = 0xc8;
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== JPG && marker !== DAC;
const isBare = (marker: number): boolean =>
  marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8);

interface Scan {
  components: number[];
  /** The scan's first and last coefficient, and how many of their lowest bits it omits. */
  from: number;
  to: number;
  lacks: number;
}

interface Parts {
  isProgressive: boolean;
  components: number[];
  scans: Scan[];
}

function scanAt(bytes: Buffer, at: number): Scan {
  const count = bytes.readUInt8(at);
  const components = Array.from({ length: count }, (_, index) => bytes.readUInt8(at + 1 + index * 2));
  const band = at + 1 + count * 2;
  return {
    components,
    from: bytes.readUInt8(band),
    to: bytes.readUInt8(band + 1),
    lacks: bytes.readUInt8(band + 2) & 15,
  };
}

function partsOf(bytes: Buffer): Parts {
  const parts: Parts = { isProgressive: false, components: [], scans: [] };
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes.readUInt8(at + 1);
    // Fill bytes, scan data, and markers without content.
    if (marker === 0xff || isBare(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const content = at + 4;
    if (isFrame(marker)) {
      parts.isProgressive = (marker & 3) === 2;
      const count = bytes.readUInt8(content + 5);
      parts.components = Array.from({ length: count }, (_, index) =>
        bytes.readUInt8(content + 6 + index * 3),
      );
    } else if (marker === SOS) parts.scans.push(scanAt(bytes, content));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return parts;
}

/** Whether each component has all its coefficients to their last bit. Decoders do not warn of a lost scan. */
function hasAllScans({ isProgressive, components, scans }: Parts): boolean {
  return components.every((component) => {
    const own = scans.filter((scan) => scan.components.includes(component));
    if (!isProgressive) return own.length > 0;
    return Array.from({ length: 64 }, (_, coefficient) => coefficient).every((coefficient) =>
      own.some(({ from, to, lacks }) => from <= coefficient && coefficient <= to && lacks === 0),
    );
  });
}

/**
 * Gives `use` a copy of a JPEG with the end marker that its writer forgot: the decoder then warns if pixels are missing before
 * it. Null when a scan is missing.
 */
export async function withEnd<Result>(
  path: string,
  scratch: string,
  use: (copy: string) => Promise<Result>,
): Promise<Result | null> {
  const copy = join(scratch, 'ended.jpg');
  const file = await open(path, 'r');
  try {
    if (!hasAllScans(partsOf(await file.readFile()))) return null;
    await copyFile(path, copy, constants.COPYFILE_FICLONE);
    await appendFile(copy, Buffer.from([0xff, 0xd9]));
    return await use(copy);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
    await rm(copy, { force: true });
  }
}
