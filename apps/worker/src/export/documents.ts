import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { IdentityRows, UserRows } from '@app/storage';
import { MarkedData } from './marked-data.js';
import { OwnData } from './own-data.js';

/** The version of docs/export-format.md: grows when a program that reads exports has to change. */
export const FORMAT = 1;

/** Lists by their name in the document, each in pages. */
type Lists = Record<string, AsyncIterable<object[]>>;

/** One JSON object whose lists are written as they are read, an item a line. */
export async function* jsonOf(lists: Lists): AsyncGenerator<string> {
  let text = '{';
  for (const [name, pages] of Object.entries(lists)) {
    text += `${text === '{' ? '' : ','}\n${JSON.stringify(name)}: [`;
    let isFirst = true;
    for await (const page of pages) {
      if (page.length === 0) continue;
      yield `${text}${isFirst ? '' : ','}\n${page.map((item) => JSON.stringify(item)).join(',\n')}`;
      text = '';
      isFirst = false;
    }
    text += ']';
  }
  yield `${text}\n}\n`;
}

/** The JSON documents of an export: docs/export-format.md describes them. */
@Injectable()
export class Documents {
  constructor(
    private readonly own: OwnData,
    private readonly marked: MarkedData,
    private readonly users: UserRows,
    private readonly identities: IdentityRows,
  ) {}

  /** By their name in the zip. */
  of(user: Id): Record<string, AsyncIterable<string>> {
    const { own, marked } = this;
    return {
      'profile.json': this.profile(user),
      'posts.json': jsonOf({ posts: own.posts(user), unposted: own.unposted(user) }),
      'comments.json': jsonOf({ comments: own.comments(user) }),
      'likes.json': jsonOf({ posts: marked.likes(user), comments: own.commentLikes(user) }),
      'saves.json': jsonOf({ posts: marked.saves(user) }),
      'collections.json': jsonOf({ collections: marked.collections(user) }),
      'follows.json': jsonOf({
        following: marked.following(user),
        followers: marked.followers(user),
        blocked: marked.blocked(user),
        muted: marked.muted(user),
      }),
      'security-events.json': jsonOf({ events: own.events(user) }),
    };
  }

  private async *profile(user: Id): AsyncGenerator<string> {
    const row = await this.users.find(user);
    if (!row) return;
    const profile = {
      id: row.id,
      username: row.username,
      displayName: row.display_name,
      bio: row.bio,
      website: row.website,
      email: row.email,
      private: row.private,
      avatarPhotoId: row.avatar_photo_id,
      createdAt: row.created_at.toISOString(),
      identities: (await this.identities.of(user)).map(({ provider, subject, email, created_at }) => ({
        provider,
        subject,
        email,
        linkedAt: created_at.toISOString(),
      })),
    };
    yield `${JSON.stringify(profile, null, 2)}\n`;
  }
}
