import type { Size } from '@app/platform/photos';
import { codingOfNumbers, type Coding } from './colour-coding.js';
import { PhotoRejected } from './faults.js';
import { checkHeif, uint32, type Heif } from './heic-library.js';

/** A picture's tiles as displayed: turned, mirrored and cropped as the file says. One tile if it has none. */
export interface Tiling {
  columns: number;
  rows: number;
  tile: Size;
  /** How much of the first tiles is outside: a turned picture begins with the part that was cropped at the end. */
  left: number;
  top: number;
  isWhole: boolean;
}

/** Interleaved pixels within libheif's memory: valid until the next call. */
export interface Tile extends Size {
  data: Uint8Array;
  stride: number;
  /** 3, or 4 with alpha. */
  channels: number;
}

/** Above any real picture: an iPhone's 48 MP are 192 tiles, with as many for gain maps and depth maps. */
const MOST_ITEMS = 2_000;
/** libheif's own limit on what it allocates for pixels; the child's memory limit is the fallback. */
const MOST_MEMORY = 700_000_000n;

/** Numbers of heif.h. */
const RGB = 1;
const INTERLEAVED_RGB = 10;
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10;
const SCRATCH_BYTES = 128;

/** The main picture of a HEIF file: `pitm`'s, whatever else the file holds. Not safe to use after `close`. */
export class HeicPicture {
  readonly #heif: Heif;
  readonly #file: number;
  readonly #context: number;
  readonly #scratch: number;
  readonly #out: number;
  readonly #options: number;
  #handle = 0;

  private constructor(heif: Heif, bytes: Uint8Array) {
    this.#heif = heif;
    this.#file = heif._malloc(bytes.length);
    if (this.#file === 0) throw new PhotoRejected('too_complex');
    heif.HEAPU8.set(bytes, this.#file);
    this.#context = heif._heif_context_alloc();
    this.#scratch = heif._malloc(SCRATCH_BYTES);
    this.#out = this.#scratch + 16;
    this.#options = heif._heif_decoding_options_alloc();
    // struct heif_decoding_options: more than 8 bits become 8; missing data is an error, not a grey patch.
    heif.HEAPU8.set([1, 1], this.#options + 20);
  }

  /** @throws PhotoRejected */
  static open(heif: Heif, bytes: Uint8Array, limits: { pixels: number }): HeicPicture {
    const picture = new HeicPicture(heif, bytes);
    try {
      picture.#limit(limits.pixels);
      heif._heif_context_read_from_memory_without_copy(
        picture.#scratch,
        picture.#context,
        picture.#file,
        bytes.length,
        0,
      );
      checkHeif(heif, picture.#scratch);
      heif._heif_context_get_primary_image_handle(picture.#scratch, picture.#context, picture.#out);
      checkHeif(heif, picture.#scratch);
      picture.#handle = uint32(heif, picture.#out);
      const { width, height } = picture.size;
      if (width * height > limits.pixels) throw new PhotoRejected('too_many_pixels');
      return picture;
    } catch (error) {
      picture.close();
      throw error;
    }
  }

  /** struct heif_security_limits: we check the number of pixels ourselves, from the header. */
  #limit(pixels: number): void {
    const at = this.#heif._heif_context_get_security_limits(this.#context);
    const view = new DataView(this.#heif.HEAPU8.buffer);
    view.setBigUint64(at + 8, BigInt(pixels) * 4n, true);
    view.setUint32(at + 28, MOST_ITEMS, true);
    view.setBigUint64(at + 64, MOST_MEMORY, true);
    this.#heif._heif_context_set_max_decoding_threads(this.#context, 0);
  }

  get size(): Size {
    return {
      width: this.#heif._heif_image_handle_get_width(this.#handle),
      height: this.#heif._heif_image_handle_get_height(this.#handle),
    };
  }

  get hasAlpha(): boolean {
    return this.#heif._heif_image_handle_has_alpha_channel(this.#handle) !== 0;
  }

  get isPremultiplied(): boolean {
    return this.#heif._heif_image_handle_is_premultiplied_alpha(this.#handle) !== 0;
  }

  /** Whether this is the only picture for a viewer to show; its thumbnails and depth maps do not count. */
  get isOnly(): boolean {
    return this.#heif._heif_context_get_number_of_top_level_images(this.#context) === 1;
  }

  /** The embedded ICC profile; null if there is none. */
  get profile(): Buffer | null {
    const bytes = this.#heif._heif_image_handle_get_raw_color_profile_size(this.#handle);
    if (bytes === 0) return null;
    const at = this.#heif._malloc(bytes);
    this.#heif._heif_image_handle_get_raw_color_profile(this.#scratch, this.#handle, at);
    const profile = Buffer.from(this.#heif.HEAPU8.slice(at, at + bytes));
    this.#heif._free(at);
    checkHeif(this.#heif, this.#scratch);
    return profile;
  }

  /** The meaning of the colours that the file gives by numbers; null if it gives none. */
  get coding(): Coding | null {
    const heif = this.#heif;
    heif._heif_image_handle_get_nclx_color_profile(this.#scratch, this.#handle, this.#out);
    if (uint32(heif, this.#scratch) !== 0) return null;
    const profile = uint32(heif, this.#out);
    const coding = codingOfNumbers(uint32(heif, profile + 4), uint32(heif, profile + 8));
    heif._heif_nclx_color_profile_free(profile);
    return coding;
  }

  /** A cropped picture (`clap`) is decoded whole: libheif does not report where its tiles begin. */
  get #isCropped(): boolean {
    const { width, height } = this.size;
    const storedWidth = this.#heif._heif_image_handle_get_ispe_width(this.#handle);
    const storedHeight = this.#heif._heif_image_handle_get_ispe_height(this.#handle);
    const isSame = storedWidth === width && storedHeight === height;
    return !isSame && (storedWidth !== height || storedHeight !== width);
  }

  get tiling(): Tiling {
    const { size } = this;
    this.#heif._heif_image_handle_get_image_tiling(this.#scratch, this.#handle, 1, this.#out);
    checkHeif(this.#heif, this.#scratch);
    const field = (index: number) => uint32(this.#heif, this.#out + index * 4);
    const [columns, rows] = [field(1), field(2)];
    if (columns * rows <= 1 || this.#isCropped)
      return { columns: 1, rows: 1, tile: size, left: 0, top: 0, isWhole: true };
    const tile = { width: field(3), height: field(4) };
    // Tiles extend beyond the picture's end, or, after a turn, beyond its beginning. libheif 1.23 reports correctly which, but
    // not by how much: it gives the part of the last tile inside the picture instead of the part outside.
    const top = field(7) === 0 ? 0 : rows * tile.height - size.height;
    const left = field(8) === 0 ? 0 : columns * tile.width - size.width;
    return { columns, rows, tile, top, left, isWhole: false };
  }

  #decode({ isWhole }: Tiling, column: number, row: number): number {
    const heif = this.#heif;
    const chroma = this.hasAlpha ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
    const how = [this.#scratch, this.#handle, this.#out, RGB, chroma, this.#options] as const;
    if (isWhole) heif._heif_decode_image(...how);
    else heif._heif_image_handle_decode_image_tile(...how, column, row);
    checkHeif(heif, this.#scratch);
    return uint32(heif, this.#out);
  }

  /** Decodes one tile and passes it to `use`. */
  tile(tiling: Tiling, column: number, row: number, use: (tile: Tile) => void): void {
    const heif = this.#heif;
    const image = this.#decode(tiling, column, row);
    const at = heif._heif_image_get_plane_readonly2(image, INTERLEAVED, this.#out);
    use({
      width: heif._heif_image_get_width(image, INTERLEAVED),
      height: heif._heif_image_get_height(image, INTERLEAVED),
      stride: uint32(heif, this.#out),
      channels: this.hasAlpha ? 4 : 3,
      data: heif.HEAPU8.subarray(at),
    });
    heif._heif_image_release(image);
  }

  close(): void {
    if (this.#handle !== 0) this.#heif._heif_image_handle_release(this.#handle);
    this.#heif._heif_decoding_options_free(this.#options);
    this.#heif._heif_context_free(this.#context);
    this.#heif._free(this.#scratch);
    this.#heif._free(this.#file);
  }
}
