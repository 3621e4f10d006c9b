import { z } from 'zod';
import type { Archive } from './archive.js';
import { fitted, inTurns, pastTime, type Plan, type PlannedPost, type Report } from './plan.js';

/** Unknown fields are ignored, wrong ones count as missing: the format has changed every year, and is described nowhere. */
const seconds = z.number().optional().catch(undefined);
const string = z.string().optional().catch(undefined);
const list = z.array(z.unknown()).optional().catch(undefined);
const medium = z.object({ uri: string, creation_timestamp: seconds, title: string });
const post = z.object({
  media: z.array(medium).catch([]).optional(),
  title: string,
  creation_timestamp: seconds,
});
const old = z.object({ caption: string, taken_at: string, path: string });
type Medium = z.output<typeof medium>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Its texts are UTF-8 of which each byte was written as one character. */
export function mended(text: string): string {
  if (/[^\u0000-\u00ff]/.test(text)) return text; // oxlint-disable-line no-control-regex -- every byte is meant
  try {
    return utf8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/** What one document lists: an array, or an object of which one field is an array. */
function listed(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  if (typeof content !== 'object' || content === null) return [];
  return (Object.values(content).find((value) => Array.isArray(value)) as unknown[] | undefined) ?? [];
}

const posts = /(?:^|\/)posts_\d+\.json$/;
const archived = /(?:^|\/)archived_posts\.json$/;
const oldMedia = /(?:^|\/)media\.json$/;
const others: Record<string, RegExp> = {
  story: /(?:^|\/)stories\.json$/,
  video: /(?:^|\/)(?:reels|igtv_videos)\.json$/,
};
const video = /\.(?:mp4|mov|m4v|webm)$/i;

export const isInstagrams = (name: string): boolean =>
  posts.test(name) || archived.test(name) || oldMedia.test(name);

/** Finds posts' files in the zip. Their names begin at the export's root, which may be a folder. */
class Finder {
  private readonly planned = new Set<string>();

  constructor(
    private readonly archive: Archive,
    private readonly report: Report,
  ) {}

  in(root: string, planned: PlannedPost): PlannedPost[] {
    const photos = planned.photos.flatMap(({ name, altText }) => {
      if (video.test(name)) {
        this.report.leave('video', name);
        return [];
      }
      const found = [root + name, name].find((one) => this.archive.sizeOf(one) !== null);
      if (found === undefined) this.report.leave('file_missing', name);
      return found === undefined ? [] : [{ name: found, altText }];
    });
    return fitted({ ...planned, photos }, this.planned, this.report);
  }
}

/** Instagram's own export, as JSON: in the layouts of 2018 to 2026. */
export async function instagramPlan(archive: Archive, report: Report): Promise<Plan> {
  const names = [...archive.names].filter((name) => name.endsWith('.json')).sort();
  const found = new Finder(archive, report);
  const planned: PlannedPost[] = [];
  for (const name of names) {
    for (const [code, pattern] of Object.entries(others))
      if (pattern.test(name)) {
        const count = listed(await archive.document(name)).length;
        if (count > 0) report.leave(code, name, count);
      }
    if (!isInstagrams(name)) continue;
    const content = await archive.document(name);
    if (content === undefined) report.leave('document_unreadable', name);
    if (oldMedia.test(name)) leaveOld(content, name, report);
    const root = name.replace(/(?:your_instagram_activity\/)?(?:content\/|media\/)?[^/]+$/, '');
    for await (const item of inTurns(oldMedia.test(name) ? photosOf(content) : listed(content))) {
      const one = oldMedia.test(name) ? ofOld(item) : ofNew(item, archived.test(name));
      if (one) planned.push(...found.in(root, one));
      else report.leave('post_unreadable', name);
    }
  }
  return { posts: planned, report };
}

function ofNew(item: unknown, isArchived: boolean): PlannedPost | null {
  const parsed = post.safeParse(item);
  if (!parsed.success) return null;
  const { media = [], title, creation_timestamp: at } = parsed.data;
  if (media.length === 0) return null;
  const [first] = media;
  // A post of one photo has its caption there, and one of several has it here.
  const caption = title ?? (media.length === 1 ? first?.title : undefined) ?? '';
  return plain(caption, (at ?? first?.creation_timestamp ?? NaN) * 1000, media, isArchived);
}

/** Until 2020 one document had lists of each kind. */
const oldLists = z.object({ photos: list, stories: list, videos: list });

const photosOf = (content: unknown): unknown[] => oldLists.safeParse(content).data?.photos ?? [];

function leaveOld(content: unknown, name: string, report: Report): void {
  const { stories = [], videos = [] } = oldLists.safeParse(content).data ?? {};
  if (stories.length > 0) report.leave('story', name, stories.length);
  if (videos.length > 0) report.leave('video', name, videos.length);
}

function ofOld(item: unknown): PlannedPost | null {
  const parsed = old.safeParse(item);
  if (!parsed.success) return null;
  const { caption = '', taken_at, path } = parsed.data;
  return plain(caption, Date.parse(taken_at ?? ''), [{ uri: path }], false);
}

const plain = (caption: string, at: number, media: Partial<Medium>[], isArchived: boolean): PlannedPost => ({
  takenAt: pastTime(at),
  caption: mended(caption),
  archived: isArchived,
  sensitive: false,
  contentWarning: null,
  commentsClosed: false,
  place: null,
  photos: media.map(({ uri = '' }) => ({ name: mended(uri), altText: '' })),
});
