/** Every recognised photo format; `limits.photo.formats` has the accepted ones. */
export type PhotoFormat =
  'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif' | 'image/heic' | 'image/gif' | 'image/tiff';

/** How many first bytes `sniffFormat` needs: a phone's `ftyp` box is under 100, and the next box begins with the file's content. */
export const SNIFF_BYTES = 256;

/** Brands of ISO/IEC 23008-12 and 23000-22 (HEIF, MIAF) that name the codec of the pictures. */
const CODEC_BRANDS: Record<string, PhotoFormat> = {
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  hevc: 'image/heic',
  hevx: 'image/heic',
  hevm: 'image/heic',
  hevs: 'image/heic',
};
/** Brands that say only that there are pictures; the following boxes show the codec. */
const PICTURE_BRANDS = new Set(['mif1', 'mif2', 'mif3', 'msf1', 'miaf', '1pic']);
/** Image sequences: a file with only these brands need not hold a picture. */
const FILM_BRANDS = new Set(['avis', 'hevc', 'hevx', 'hevm', 'hevs', 'msf1']);
/** A still picture by these codecs is accepted; `infe` boxes list the items. */
const CODECS: Record<string, PhotoFormat> = { av01: 'image/avif', hvc1: 'image/heic' };

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);

/** The major brand, then the compatible ones, which follow the minor version. */
function brandsOf(head: Uint8Array): string[] {
  const length = Math.min(Buffer.from(head.subarray(0, 4)).readUInt32BE(), head.length);
  const brands = [latin1(head, 8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) brands.push(latin1(head, at, at + 4));
  return brands;
}

/** The kinds of items that the first bytes list, and whether these are all. */
function itemsOf(head: Uint8Array): { items: string[]; isAll: boolean } {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const items: string[] = [];
  for (let at = bytes.indexOf('infe'); at >= 0; at = bytes.indexOf('infe', at + 4)) {
    // After version and flags, the id (two bytes; four in version 3) and two bytes of protection.
    const type = at + (bytes[at + 4] === 3 ? 14 : 12);
    if (type + 4 <= bytes.length) items.push(latin1(head, type, type + 4));
  }
  const list = bytes.indexOf('iinf');
  const isCounted = list >= 0 && list + 10 <= bytes.length && bytes[list + 4] === 0;
  return { items, isAll: isCounted && items.length >= bytes.readUInt16BE(list + 8) };
}

/**
 * AVIF and HEIC share a container with MP4 films and with pictures of other codecs. The major brand identifies a film. The
 * items identify the picture's codec as far as the first bytes list them, otherwise the brands do, whichever comes first:
 * writers differ in which is the major one.
 */
function sniffContainer(head: Uint8Array): PhotoFormat | null {
  const brands = brandsOf(head);
  const [major = ''] = brands;
  const isPicture = (brand: string) => brand in CODEC_BRANDS || PICTURE_BRANDS.has(brand);
  if (/^(isom|iso\d|mp4\d|avc1|qt {2}|M4V |3g..)$/.test(major) || !brands.some(isPicture)) return null;
  const pictures = brands.filter(isPicture);
  const text = latin1(head, 0, head.length);
  if (pictures.every((brand) => FILM_BRANDS.has(brand)) && !text.includes('meta')) return null;
  const { items, isAll } = itemsOf(head);
  const [codec] = items.flatMap((item) => CODECS[item] ?? []);
  if (codec || isAll) return codec ?? null;
  const [brand] = pictures.flatMap((name) => CODEC_BRANDS[name] ?? []);
  return brand ?? null;
}

/**
 * The format of a photo by its own first bytes, or null if it is not a photo. File names and client types are ignored: they are
 * wrong too often, sometimes on purpose.
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

/** Describes a file that is not accepted, in words for its sender: its brands name a picture of an unknown kind. */
export function describeHead(head: Uint8Array): string {
  if (head.length === 0) return 'an empty file';
  const format = sniffFormat(head);
  if (format) return format;
  if (head.length < 12 || latin1(head, 4, 8) !== 'ftyp') return 'something that is no photo';
  const brands = brandsOf(head).filter((brand) => /^[\w ]{4}$/.test(brand));
  return `a file of the brands ${[...new Set(brands)].join(', ')}`;
}
