import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PhotoRejected } from './faults.js';

/**
 * The part of libheif in use, as libheif-js (LGPL-3.0, WebAssembly) exports it: the C functions themselves. Its small object
 * wrapper decodes whole pictures to four bytes a pixel and ignores profiles; by tiles, a 12 MP photo needs 16 MB of its memory
 * and not 140. A function that returns a `heif_error` takes the address for it as first argument.
 */
export interface Heif {
  HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _heif_context_alloc(): number;
  _heif_context_free(context: number): void;
  _heif_context_get_security_limits(context: number): number;
  _heif_context_set_max_decoding_threads(context: number, threads: number): void;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    at: number,
    bytes: number,
    options: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, out: number): void;
  _heif_context_get_number_of_top_level_images(context: number): number;
  _heif_image_handle_release(handle: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_image_handle_is_premultiplied_alpha(handle: number): number;
  _heif_image_handle_get_raw_color_profile_size(handle: number): number;
  _heif_image_handle_get_raw_color_profile(error: number, handle: number, out: number): void;
  _heif_image_handle_get_nclx_color_profile(error: number, handle: number, out: number): void;
  _heif_nclx_color_profile_free(profile: number): void;
  _heif_image_handle_get_image_tiling(error: number, handle: number, transformed: number, out: number): void;
  _heif_decoding_options_alloc(): number;
  _heif_decoding_options_free(options: number): void;
  _heif_image_handle_get_ispe_width(handle: number): number;
  _heif_image_handle_get_ispe_height(handle: number): number;
  _heif_decode_image(
    error: number,
    handle: number,
    out: number,
    colorspace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_handle_decode_image_tile(
    error: number,
    handle: number,
    out: number,
    colorspace: number,
    chroma: number,
    options: number,
    column: number,
    row: number,
  ): void;
  _heif_image_get_plane_readonly2(image: number, channel: number, stride: number): number;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_release(image: number): void;
}

/** Loaded with the first HEIC: most children never see one. */
let loaded: Promise<Heif> | null = null;

async function load(): Promise<Heif> {
  const { default: start } = (await import('libheif-js/libheif-wasm/libheif.js')) as unknown as {
    default: (options: object) => Heif;
  };
  const path = createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm');
  // It prints remarks about a file to the console; real errors are returned.
  const quiet = { print: () => undefined, printErr: () => undefined };
  return start({ ...quiet, wasmBinary: await readFile(path) });
}

export function heifLibrary(): Promise<Heif> {
  loaded ??= load();
  return loaded;
}

/** After a trap (`unreachable`, no memory) an instance's state is undefined: the next photo gets a new one. */
export function forgetHeifLibrary(): void {
  loaded = null;
}

export function uint32(heif: Heif, at: number): number {
  // Created on each call: the buffer is replaced whenever the memory grows.
  return new DataView(heif.HEAPU8.buffer).getUint32(at, true);
}

/** libheif's heif_error_code: unsupported, and out of memory; all others mean that the file is at fault. */
const UNSUPPORTED = new Set([3, 4]);
const NO_MEMORY = 6;

/** Throws libheif's error, with the numbers of heif_error.h. */
export function checkHeif(heif: Heif, error: number): void {
  const code = uint32(heif, error);
  if (code === 0) return;
  const cause = new Error(`libheif error ${code}.${uint32(heif, error + 4)}`);
  if (UNSUPPORTED.has(code)) throw new PhotoRejected('format_not_supported', { cause });
  throw new PhotoRejected(code === NO_MEMORY ? 'too_complex' : 'photo_damaged', { cause });
}
