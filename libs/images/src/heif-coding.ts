import { open, type FileHandle } from 'node:fs/promises';
import { codingOfNumbers, type Coding } from './colour-coding.js';

/** A `meta` box lists a file's items; that of an iPhone's photo of 48 MP takes 30 kB. */
const MOST_META = 1_048_576;

/** How many boxes may precede it. */
const MOST_BEFORE = 32;

/** Start and end of a box's content. */
type Span = readonly [start: number, end: number];

/** The boxes within a box (ISO/IEC 14496-12: length, type, content). */
function boxes(bytes: Buffer, [start, end]: Span): { type: string; span: Span }[] {
  const found: { type: string; span: Span }[] = [];
  for (let at = start; at + 8 <= end;) {
    const length = bytes.readUInt32BE(at);
    if (length < 8 || at + length > end) break;
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), span: [at + 8, at + length] });
    at += length;
  }
  return found;
}

const spanOf = (among: { type: string; span: Span }[], type: string): Span | undefined =>
  among.find((box) => box.type === type)?.span;

async function metaOf(file: FileHandle): Promise<Buffer | null> {
  const head = Buffer.alloc(16);
  for (let at = 0, count = 0; count < MOST_BEFORE; count += 1) {
    const { bytesRead } = await file.read(head, 0, 16, at);
    if (bytesRead < 16) return null;
    const short = head.readUInt32BE(0);
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8) return null;
    if (head.toString('latin1', 4, 8) === 'meta') {
      const meta = Buffer.alloc(Math.min(length, MOST_META));
      const read = await file.read(meta, 0, meta.length, at);
      return meta.subarray(0, read.bytesRead);
    }
    at += length;
  }
  return null;
}

/** The numbers, from 1, of the properties that `ipma` gives to an item (ISO/IEC 23008-12). */
function propertiesOf(bytes: Buffer, [start]: Span, wanted: number): number[] {
  const [version, isWide] = [bytes.readUInt8(start), (bytes.readUInt8(start + 3) & 1) === 1];
  const [idBytes, indexBytes] = [version === 0 ? 2 : 4, isWide ? 2 : 1];
  let at = start + 8;
  for (let left = bytes.readUInt32BE(start + 4); left > 0; left -= 1) {
    const item = bytes.readUIntBE(at, idBytes);
    const count = bytes.readUInt8(at + idBytes);
    at += idBytes + 1;
    if (item === wanted) {
      // The first bit marks the property as essential.
      const index = (number: number) =>
        bytes.readUIntBE(at + number * indexBytes, indexBytes) & (isWide ? 0x7fff : 0x7f);
      return Array.from({ length: count }, (_, number) => index(number));
    }
    at += count * indexBytes;
  }
  return [];
}

function codingIn(meta: Buffer): Coding | null {
  const inner = boxes(meta, [12, meta.length]);
  const [main, properties] = [spanOf(inner, 'pitm'), spanOf(inner, 'iprp')];
  if (!main || !properties) return null;
  const [container, association] = ['ipco', 'ipma'].map((type) => spanOf(boxes(meta, properties), type));
  if (!container || !association) return null;
  const item = meta.readUIntBE(main[0] + 4, meta.readUInt8(main[0]) === 0 ? 2 : 4);
  const all = boxes(meta, container);
  for (const number of propertiesOf(meta, association, item)) {
    const { type, span: [at] = [0] } = all[number - 1] ?? { type: '' };
    if (type === 'colr' && meta.toString('latin1', at, at + 4) === 'nclx')
      return codingOfNumbers(meta.readUInt16BE(at + 4), meta.readUInt16BE(at + 6));
  }
  return null;
}

/**
 * The `nclx` of an AVIF's main picture, ignoring other pictures in the file (thumbnails, gain maps); null if it has none.
 * Parsed here, because sharp does not expose it.
 */
export async function heifCoding(path: string): Promise<Coding | null> {
  const file = await open(path, 'r');
  try {
    const meta = await metaOf(file);
    return meta && codingIn(meta);
  } catch (error) {
    // A box ends too early: the decoder decides whether the picture is readable all the same.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
