import { Injectable } from '@nestjs/common';
import { foldPhrase, foldTag, type Id } from '@app/platform';
import { PostRows, type PostRow, TermRows, type TermKind, UserRows, type Tx } from '@app/storage';

/** The fields of a post that decide under which tags and which place it is found. */
export type IndexedPost = Pick<
  PostRow,
  | 'id'
  | 'author_id'
  | 'state'
  | 'archived'
  | 'taken_at'
  | 'caption_entities'
  | 'place_name'
  | 'latitude'
  | 'longitude'
>;

/** Longer folds are cut: some letters fold to phrases, and an index entry has room for 2,700 bytes. */
const LONGEST_PLACE = 200;

/**
 * Two places with the same fold are one: the fold drops case, width, accents, and signs between words, since people type
 * "Île-de-Ré" and "ile de re" and mean the same. (Accents distinguish tags, which are words that somebody chose.)
 */
export function foldPlace(name: string): string {
  const phrase = foldPhrase(name);
  const plain = phrase
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[\p{P}\p{S}\s]+/gu, ' ')
    .trim();
  return [...(plain || phrase)].slice(0, LONGEST_PLACE).join('');
}

type Terms = Record<TermKind, string[]>;

const nothing: Terms = { tag: [], place: [] };

function termsOf(post: IndexedPost | null): Terms {
  if (post?.state !== 'published' || post.archived || post.taken_at !== null) return nothing;
  const tags = post.caption_entities.flatMap((entity) =>
    entity.type === 'hashtag' ? [foldTag(entity.tag)] : [],
  );
  const place = foldPlace(post.place_name ?? '');
  return { tag: [...new Set(tags)].filter(Boolean), place: place === '' ? [] : [place] };
}

/**
 * Lists posts under their tags and their place: published ones that are neither archived nor imported, as their captions say. Code that changes
 * a post's state, caption, place or archive calls `update` in the same transaction, holding the post's lock. Visibility
 * is checked at read time; only the counts, which everybody sees, exclude private people.
 */
@Injectable()
export class PostIndex {
  constructor(
    private readonly terms: TermRows,
    private readonly users: UserRows,
    private readonly posts: PostRows,
  ) {}

  /** `before` and `after` the change; null where there is no post. */
  async update(tx: Tx, before: IndexedPost | null, after: IndexedPost | null): Promise<void> {
    const [old, wanted] = [termsOf(before), termsOf(after)];
    for (const kind of ['tag', 'place'] as const) {
      const gone = old[kind].filter((name) => !wanted[kind].includes(name));
      if (before && gone.length > 0) await this.remove(tx, kind, gone, before.id);
      if (after && wanted[kind].length > 0) await this.add(tx, kind, wanted[kind], after);
    }
  }

  /** Corrects the rows of one post, after its author became private or public, or when in doubt. */
  async refresh(tx: Tx, postId: Id): Promise<void> {
    const post = await this.posts.lock(tx, postId);
    await this.update(tx, post, post);
  }

  /** Locks the author's row, so that the author cannot turn private between this check and the commit. */
  private async add(tx: Tx, kind: TermKind, names: readonly string[], post: IndexedPost): Promise<void> {
    const author = await this.users.share(tx, post.author_id);
    const counted = author !== null && !author.private && author.closed_at === null;
    const ids = [...(await this.terms.ensure(tx, kind, names)).values()];
    for (const { term, delta } of await this.terms.add(tx, kind, ids, post.id, counted))
      await tx.count(`${kind}.posts`, term, delta);
    const [place] = ids;
    if (kind === 'place' && counted && place !== undefined) {
      const { place_name: name, latitude, longitude } = post;
      await this.terms.describePlace(tx, place, { shown: name ?? '', latitude, longitude });
    }
  }

  private async remove(tx: Tx, kind: TermKind, names: readonly string[], postId: Id): Promise<void> {
    const ids = [...(await this.terms.find(kind, names, tx)).values()];
    for (const { term, delta } of await this.terms.remove(tx, kind, ids, postId))
      await tx.count(`${kind}.posts`, term, delta);
  }
}
