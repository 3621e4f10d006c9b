import type { Id } from '@app/platform';

/** A name in a caption or a comment, as its row stores it; the range is in UTF-16 units, [start, end). */
export type TextEntity =
  | { type: 'hashtag'; start: number; end: number; tag: string }
  | { type: 'mention'; start: number; end: number; userId: Id };
