import { setImmediate } from 'node:timers/promises';
import { limits, madeToFit } from '@app/platform';
import type { ImportReport } from '@app/storage';

/** A post as an export describes it. */
export interface PlannedPost {
  takenAt: Date | null;
  caption: string;
  archived: boolean;
  sensitive: boolean;
  contentWarning: string | null;
  commentsClosed: boolean;
  place: { name: string; latitude: number | null; longitude: number | null } | null;
  /** By the names of their entries in the zip. */
  photos: { name: string; altText: string }[];
}

/** Files or dates that the report names of each kind. */
const NAMED = 20;
const LONGEST_NAME = 200;

/** What an import has made so far, and what it left out. */
export class Report {
  private constructor(private readonly told: ImportReport) {}

  static of(told: ImportReport): Report {
    return new Report(structuredClone(told));
  }

  static empty(): Report {
    return new Report({ posts: 0, photos: 0, leftOut: [] });
  }

  leave(code: string, name: string, count = 1): void {
    const { leftOut } = this.told;
    let item = leftOut.find((one) => one.code === code);
    if (!item) leftOut.push((item = { code, count: 0, names: [] }));
    item.count += count;
    if (item.names.length < NAMED) item.names.push(madeToFit(name, LONGEST_NAME).text);
  }

  made(photos: number): void {
    this.told.posts += 1;
    this.told.photos += photos;
  }

  get json(): ImportReport {
    return this.told;
  }
}

/** What a zip holds, in an order that is the same each time it is read. */
export interface Plan {
  posts: PlannedPost[];
  /** What is known to be left out before the first post. */
  report: Report;
}

/** The earliest moment that has a place among ids: more than ten years before there were such apps. */
const EARLIEST = Date.UTC(1995, 0, 1);

/** Null where it is no time, or one that cannot be. */
export function pastTime(milliseconds: number): Date | null {
  const isPast = Number.isFinite(milliseconds) && milliseconds >= EARLIEST && milliseconds <= Date.now();
  return isPast ? new Date(milliseconds) : null;
}

/** Lets others have their turn while a long list is gone through: this process also develops photos. */
export async function* inTurns(items: readonly unknown[]): AsyncGenerator {
  for (const [nth, item] of items.entries()) {
    if (nth % 200 === 199) await setImmediate();
    yield item;
  }
}

/**
 * One with more photos than a post has becomes several, the first with the caption. Texts that are too long are cut. `planned`: the photos
 * of posts before it, which are left out, so that a plan has no more posts than its zip has files.
 */
export function fitted(given: PlannedPost, planned: Set<string>, report: Report): PlannedPost[] {
  const post = { ...given, photos: given.photos.filter(({ name }) => isFirst(name, planned, report)) };
  if (post.photos.length === 0) return [];
  const name = post.takenAt?.toISOString() ?? post.photos[0]?.name ?? '';
  const caption = madeToFit(post.caption, limits.post.caption);
  if (caption.isCut) report.leave('caption_cut', name);
  const warning = madeToFit(post.contentWarning ?? '', limits.post.contentWarning).text;
  const placeName = madeToFit(post.place?.name ?? '', limits.post.place).text;
  const place = post.place && placeName !== '' ? { ...post.place, name: placeName } : null;
  const most = limits.post.photos;
  if (post.photos.length > most) report.leave('post_split', name);
  const photos = post.photos.map((photo) => ({
    ...photo,
    altText: madeToFit(photo.altText, limits.photo.altText).text,
  }));
  const parts = Math.ceil(photos.length / most);
  return Array.from({ length: parts }, (_, part) => ({
    ...post,
    caption: part === 0 ? caption.text : '',
    contentWarning: warning === '' ? null : warning,
    place,
    photos: photos.slice(part * most, (part + 1) * most),
  }));
}

function isFirst(name: string, planned: Set<string>, report: Report): boolean {
  const { size } = planned;
  const isNew = planned.add(name).size > size;
  if (!isNew) report.leave('double', name);
  return isNew;
}
