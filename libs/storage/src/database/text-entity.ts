import type { Id } from '@app/platform';

/** What a caption or a comment names, as its row keeps it; the range is in UTF-16 units, [start, end). */
export type TextEntity =
  | { type: 'hashtag'; start: number; end: number; tag: string }
  | { type: 'mention'; start: number; end: number; userId: Id };
