import { Injectable } from '@nestjs/common';
import { wordsOf, type Id } from '@app/platform';
import { UserRows, type TextEntity } from '@app/storage';
import { stranger, Visibility } from '../visibility/visibility.js';

/** A text as it was stored. */
interface Earlier {
  text: string;
  entities: readonly TextEntity[];
}

/** Finds the hashtags and mentions of a text. Runs before the transaction that stores it: it only reads. */
@Injectable()
export class TextEntities {
  constructor(
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /**
   * A text's hashtags, and its mentions by id, so that they survive a rename. Unknown names, and names of people whom the
   * author may not see, stay plain text. Whom an earlier version of the text mentions by a name stays: the name may be another's now.
   */
  async of(text: string, author: Id, before: Earlier | null = null): Promise<TextEntity[]> {
    const words = wordsOf(text);
    const mentioned = words.filter(({ type }) => type === 'mention').map(({ name }) => name);
    const people = await this.people(mentioned, before ? mentionsIn(before) : [], author);
    return words.flatMap(({ type, start, end, name }): TextEntity[] => {
      if (type === 'hashtag') return [{ type, start, end, tag: name }];
      const userId = people.get(name);
      return userId === undefined ? [] : [{ type, start, end, userId }];
    });
  }

  private async people(
    usernames: readonly string[],
    earlier: readonly [name: string, userId: Id][],
    author: Id,
  ): Promise<Map<string, Id>> {
    if (usernames.length === 0) return new Map();
    const ids = await this.users.idsOf(usernames);
    for (const [name, userId] of earlier) if (usernames.includes(name)) ids.set(name, userId);
    const found = [...ids.values()];
    const [rows, relations] = await Promise.all([
      this.users.findMany(found),
      this.visibility.relations(author, found),
    ]);
    return new Map(
      [...ids].filter(([, id]) => {
        const row = rows.get(id);
        return row && this.visibility.maySeeProfile(row, relations.get(id) ?? stranger);
      }),
    );
  }
}

function mentionsIn({ text, entities }: Earlier): [name: string, userId: Id][] {
  const names = new Map(wordsOf(text).map(({ start, name }) => [start, name]));
  return entities.flatMap((entity): [string, Id][] => {
    const name = names.get(entity.start);
    return entity.type === 'mention' && name !== undefined ? [[name, entity.userId]] : [];
  });
}
