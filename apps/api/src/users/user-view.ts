import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, mediaBoundary, MediaUrls, type Config, type Id } from '@app/platform';
import { Counts } from '@app/feed';
import { avatarRenditions, renditions } from '@app/platform/photos';
import { People, stranger, Visibility, type Relation } from '@app/domain';
import type { RegistrationRow, UserRow } from '@app/storage';
import type { Me, Relationship, User } from './users.schemas.js';

export function relationshipOf(relation: Relation): Relationship {
  const { following, requested, followedBy, blocking, muting } = relation;
  return { following, requested, followedBy, blocking, muting };
}

type ShownRow = Pick<
  UserRow,
  'id' | 'username' | 'display_name' | 'bio' | 'website' | 'avatar_folder' | 'private' | 'created_at'
>;

/** What only they see; their address as that of somebody who has verified none. */
const ownOf = (
  user: User,
  row: Pick<UserRow, 'email' | 'locale' | 'terms_version' | 'terms_accepted_at'>,
): Me => {
  const { email, locale, terms_version: version, terms_accepted_at: at } = row;
  const terms = version === null || at === null ? null : { version, acceptedAt: at.toISOString() };
  const address = { email, emailVerified: false, pendingEmail: null };
  return { ...user, ...address, locale, terms, relationship: relationshipOf(stranger) };
};

type AvatarOf = Pick<UserRow, 'avatar_folder'>;

/** Builds the people in responses. */
@Injectable()
export class UserView {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly media: MediaUrls,
    private readonly counts: Counts,
    private readonly visibility: Visibility,
    private readonly people: People,
  ) {}

  avatar({ avatar_folder: folder }: AvatarOf): User['avatar'] {
    if (folder === null) return null;
    const query = this.media.query(folder);
    const urls = Object.entries(avatarRenditions).map(([name, rendition]) => [
      name,
      `${this.config.mediaUrl}/media/${folder}/${renditions[rendition].file}${query}`,
    ]);
    return Object.fromEntries(urls) as User['avatar'];
  }

  /** The time until which the avatar's URLs stay the same, in milliseconds since 1970. */
  sameUntil({ avatar_folder: folder }: AvatarOf, now = Date.now()): number {
    return folder === null ? Infinity : mediaBoundary(folder, now) * 1000;
  }

  /** The short form that posts and comments carry. */
  author(row: Pick<UserRow, 'id' | 'username' | 'display_name' | 'avatar_folder'>) {
    return {
      id: row.id,
      username: row.username,
      displayName: row.display_name || null,
      avatar: this.avatar(row),
    };
  }

  /** People as a viewer sees them, with `relationship` if a viewer is signed in. `known`: relations that were just read. */
  async users(
    rows: readonly UserRow[],
    viewer: Id | null,
    known?: ReadonlyMap<Id, Relation>,
  ): Promise<User[]> {
    const ids = rows.map((row) => row.id);
    const [counts, relations] = await Promise.all([
      this.counts.users(ids),
      known ?? this.visibility.relations(viewer, ids),
    ]);
    return rows.map((row) => {
      const relation = relations.get(row.id) ?? stranger;
      const { posts = 0, followers = 0, following = 0 } = counts.get(row.id) ?? {};
      return {
        ...this.plain(row, { posts, followers, following }),
        ...(viewer === null ? {} : { relationship: relationshipOf(relation) }),
      };
    });
  }

  async user({ row, relation }: { row: UserRow; relation: Relation }, viewer: Id | null): Promise<User> {
    const [user] = await this.users([row], viewer, new Map([[row.id, relation]]));
    return user as User;
  }

  /** A person as they see themselves. @throws Problem 401 when the account is closed */
  async me(userId: Id): Promise<Me> {
    const row = await this.people.self(userId);
    const [[user], { verified, pending }] = await Promise.all([
      this.users([row], null),
      this.people.addressOf(row),
    ]);
    return { ...ownOf(user as User, row), emailVerified: verified, pendingEmail: pending };
  }

  /** Whoever signed up and waits for an admin, as they see themselves. */
  waiting(row: RegistrationRow): Me {
    const nothing = { bio: '', website: null, avatar_folder: null, private: false };
    return ownOf(this.plain({ ...nothing, ...row }, { posts: 0, followers: 0, following: 0 }), row);
  }

  private plain(row: ShownRow, counts: User['counts']): User {
    return {
      id: row.id,
      username: row.username,
      displayName: row.display_name || null,
      bio: row.bio || null,
      website: row.website,
      url: `${this.config.publicUrl}/u/${row.username}`,
      avatar: this.avatar(row),
      private: row.private,
      counts,
      createdAt: row.created_at.toISOString(),
    };
  }
}
