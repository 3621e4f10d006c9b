import { z } from 'zod';
import type { Archive } from './archive.js';
import { fitted, inTurns, pastTime, type Plan, type PlannedPost, type Report } from './plan.js';

const photo = z.object({ file: z.string(), altText: z.string().catch('') });
const place = z.object({
  name: z.string(),
  latitude: z.number().min(-90).max(90).nullable().catch(null),
  longitude: z.number().min(-180).max(180).nullable().catch(null),
});
/** docs/export-format.md */
const post = z.object({
  caption: z.string().catch(''),
  place: place.nullable().catch(null),
  sensitive: z.boolean().catch(false),
  contentWarning: z.string().nullable().catch(null),
  commentsClosed: z.boolean().catch(false),
  archived: z.boolean().catch(false),
  createdAt: z.string().catch(''),
  takenAt: z.string().nullish().catch(null),
  photos: z.array(photo),
});
const content = z.object({ posts: z.array(z.unknown()), unposted: z.array(z.unknown()).catch([]) });

/** Every export has it, and nothing else has. */
export const MARK = 'narwhal-export.json';

/** An export of Narwhal's, of this instance or another. */
export async function narwhalPlan(archive: Archive, report: Report): Promise<Plan> {
  const read = content.safeParse(await archive.document('posts.json'));
  if (!read.success) report.leave('document_unreadable', 'posts.json');
  const { posts = [], unposted = [] } = read.data ?? {};
  if (unposted.length > 0) report.leave('unposted', 'posts.json', unposted.length);
  const all: PlannedPost[] = [];
  const names = new Set<string>();
  for await (const item of inTurns(posts)) all.push(...planned(item, archive, names, report));
  return { posts: all, report };
}

function planned(item: unknown, archive: Archive, names: Set<string>, report: Report) {
  const parsed = post.safeParse(item);
  if (!parsed.success || parsed.data.photos.length === 0) {
    report.leave('post_unreadable', 'posts.json');
    return [];
  }
  const { createdAt, takenAt, photos, place: where, ...rest } = parsed.data;
  const isWhole = (where?.latitude == null) === (where?.longitude == null);
  const found = photos.filter(({ file }) => archive.sizeOf(file) !== null);
  for (const { file } of photos) if (archive.sizeOf(file) === null) report.leave('file_missing', file);
  return fitted(
    {
      ...rest,
      place: where && !isWhole ? { ...where, latitude: null, longitude: null } : where,
      takenAt: pastTime(Date.parse(takenAt ?? createdAt)),
      photos: found.map(({ file, altText }) => ({ name: file, altText })),
    },
    names,
    report,
  );
}
