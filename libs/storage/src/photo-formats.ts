/** Every photo format that is recognised; which of them are accepted is `limits.photo.formats`. */
export type PhotoFormat =
  'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif' | 'image/heic' | 'image/gif' | 'image/tiff';

/** How many first bytes `sniffFormat` wants: the longest `ftyp` box of a phone is under 100. */
export const SNIFF_BYTES = 256;

const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
const AVIF_BRANDS = new Set(['avif', 'avis']);
/** Brands that say only "images in this container"; the codec is among the compatible brands. */
const CONTAINER_BRANDS = new Set(['mif1', 'msf1', 'miaf']);

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);

function formatOfBrand(brand: string): PhotoFormat | null {
  if (AVIF_BRANDS.has(brand)) return 'image/avif';
  return HEIC_BRANDS.has(brand) ? 'image/heic' : null;
}

/** AVIF and HEIC share a container with MP4 films: only the major brand tells pictures from films. */
function sniffContainer(head: Uint8Array): PhotoFormat | null {
  const length = Math.min(Buffer.from(head.subarray(0, 4)).readUInt32BE(), head.length);
  const major = latin1(head, 8, 12);
  const format = formatOfBrand(major);
  if (format || !CONTAINER_BRANDS.has(major)) return format;
  // Bytes 12 to 16 are the minor version, then four bytes a compatible brand.
  for (let at = 16; at + 4 <= length; at += 4) {
    const compatible = formatOfBrand(latin1(head, at, at + 4));
    if (compatible) return compatible;
  }
  return 'image/heic';
}

/**
 * The format of a photo by its own first bytes, or null for what is no photo. File names and client types are never
 * asked: they are wrong too often to be believed, and at times on purpose.
 */
export function sniffFormat(head: Uint8Array): PhotoFormat | null {
  if (head.length < 12) return null;
  const start = latin1(head, 0, 12);
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'image/gif';
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return 'image/tiff';
  return start.slice(4, 8) === 'ftyp' ? sniffContainer(head) : null;
}
