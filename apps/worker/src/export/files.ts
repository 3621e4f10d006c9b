import { renditions } from '@app/platform/photos';
import type { OwnPhoto } from '@app/storage';

/** What the export shows of a photo, since browsers cannot show every original. */
export const PREVIEW = renditions.w640.file;

const endings: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/gif': 'gif',
};

/** Where a photo's original is in the zip: a name that nobody chose, so that none leaves its folder. */
export const fileOf = ({ id, type, created_at }: Pick<OwnPhoto, 'id' | 'type' | 'created_at'>): string =>
  `photos/${created_at.toISOString().slice(0, 10)}-${id}.${endings[type ?? ''] ?? 'bin'}`;

/** Where its preview is; null for a photo that could not be developed. */
export const previewOf = ({ id, renditions: made }: Pick<OwnPhoto, 'id' | 'renditions'>): string | null =>
  made?.['w640'] ? `previews/${id}.webp` : null;
