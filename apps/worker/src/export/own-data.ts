import { Injectable } from '@nestjs/common';
import { codeOf, timeOf, type Id } from '@app/platform';
import {
  AuditRows,
  OwnRows,
  PhotoRows,
  QuotaRows,
  UserRows,
  type OwnPhoto,
  type PostRow,
  type UserRow,
} from '@app/storage';
import { fileOf, previewOf } from './files.js';
import { mapped, walk } from './walk.js';

/** A photo as the export lists it. */
export interface ExportedPhoto {
  id: Id;
  file: string;
  preview: string | null;
  altText: string;
  width: number | null;
  height: number | null;
  uploadedAt: string;
}

export interface ExportedPost {
  id: Id;
  code: string;
  caption: string;
  place: { name: string; latitude: number | null; longitude: number | null } | null;
  tags: string[];
  sensitive: boolean;
  contentWarning: string | null;
  commentsClosed: boolean;
  archived: boolean;
  state: string;
  likes: number;
  comments: number;
  createdAt: string;
  publishedAt: string | null;
  takenAt: string | null;
  editedAt: string | null;
  photos: ExportedPhoto[];
}

export interface ExportedComment {
  id: Id;
  postId: Id;
  replyTo: Id | null;
  text: string;
  createdAt: string;
}

const photoOf = (photo: OwnPhoto): ExportedPhoto => ({
  id: photo.id,
  file: fileOf(photo),
  preview: previewOf(photo),
  altText: photo.alt_text,
  width: photo.width,
  height: photo.height,
  uploadedAt: photo.created_at.toISOString(),
});

const postOf = (post: PostRow, photos: readonly OwnPhoto[]): ExportedPost => ({
  id: post.id,
  code: codeOf(post.id),
  caption: post.caption,
  place:
    post.place_name === null
      ? null
      : { name: post.place_name, latitude: post.latitude, longitude: post.longitude },
  tags: post.caption_entities.flatMap((entity) => (entity.type === 'hashtag' ? [entity.tag] : [])),
  sensitive: post.sensitive,
  contentWarning: post.content_warning,
  commentsClosed: post.comments_closed,
  archived: post.archived,
  state: post.state,
  likes: post.likes_count,
  comments: post.comments_count,
  createdAt: new Date(timeOf(post.id)).toISOString(),
  publishedAt: post.published_at?.toISOString() ?? null,
  takenAt: post.taken_at?.toISOString() ?? null,
  editedAt: post.edited_at?.toISOString() ?? null,
  photos: photos.map(photoOf),
});

/** What a person made, in pages of what the export says of it. */
@Injectable()
export class OwnData {
  constructor(
    private readonly rows: OwnRows,
    private readonly photoRows: PhotoRows,
    private readonly audit: AuditRows,
    private readonly users: UserRows,
    private readonly quota: QuotaRows,
  ) {}

  /** The person, and the bytes of their originals; null once the account is closed. */
  async owner(id: Id): Promise<{ user: UserRow; total: number } | null> {
    const user = await this.users.find(id);
    if (!user || user.closed_at !== null) return null;
    return { user, total: (await this.quota.read(id)).bytes };
  }

  photos(user: Id): AsyncGenerator<OwnPhoto[]> {
    return walk((page) => this.rows.photos(user, page));
  }

  /** Photos that no post shows. */
  unposted(user: Id): AsyncGenerator<ExportedPhoto[]> {
    return mapped(this.photos(user), (page) => page.filter(({ post_id }) => post_id === null).map(photoOf));
  }

  posts(user: Id): AsyncGenerator<ExportedPost[]> {
    return mapped(
      walk((page) => this.rows.posts(user, page)),
      async (posts) => {
        const photos = await this.photoRows.ofPosts(posts.map(({ id }) => id));
        return posts.map((post) => postOf(post, photos.get(post.id) ?? []));
      },
    );
  }

  comments(user: Id): AsyncGenerator<ExportedComment[]> {
    return mapped(
      walk((page) => this.rows.comments(user, page)),
      (page) =>
        page.map(({ id, post_id, reply_to, text, created_at }) => ({
          id,
          postId: post_id,
          replyTo: reply_to,
          text,
          createdAt: created_at.toISOString(),
        })),
    );
  }

  commentLikes(user: Id): AsyncGenerator<object[]> {
    return mapped(
      walk((page) => this.rows.commentLikes(user, page)),
      (page) =>
        page.map(({ id, subject }) => ({ commentId: subject, likedAt: new Date(timeOf(id)).toISOString() })),
    );
  }

  /** Where other people are is nobody's business: as in GET /v1/me/security-events. */
  events(user: Id): AsyncGenerator<object[]> {
    return mapped(
      walk((page) => this.audit.of(user, page)),
      (page) =>
        page.map(({ kind, happened_at, actor_id, address, user_agent }) => ({
          kind,
          at: happened_at.toISOString(),
          byYou: actor_id === user,
          address: actor_id === null || actor_id === user ? address : null,
          userAgent: actor_id === null || actor_id === user ? user_agent : null,
        })),
    );
  }
}
