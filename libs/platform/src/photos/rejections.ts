/** Why a photo was rejected, for people: stable code and a sentence that is safe to show. Never a library's own words. */
export const rejections = {
  not_a_photo: 'This file is not a photo.',
  format_not_supported: 'Photos of this format are not taken here.',
  photo_damaged: 'This photo is damaged or incomplete.',
  too_many_pixels: 'This photo has more pixels than are taken here.',
  checksum_mismatch: 'The bytes of this photo are not those that were announced.',
  too_complex: 'This photo takes more time or memory to open than any real photo does.',
} as const;

export type RejectionCode = keyof typeof rejections;
