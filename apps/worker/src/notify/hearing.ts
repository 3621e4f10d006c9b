import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { PostRows, stranger, UserRows, Visibility, type PostRow } from '@app/storage';

/** Who may be told of what: nobody hears of a post that they may not see, nor of somebody whom they mute or do not meet. */
@Injectable()
export class Hearing {
  constructor(
    private readonly posts: PostRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /** Of these people, those who may see the post. */
  async maySee(post: Id | PostRow, people: readonly Id[]): Promise<Set<Id>> {
    const row = typeof post === 'string' ? await this.posts.find(post) : post;
    const author = row && (await this.users.find(row.author_id));
    if (!row || !author) return new Set();
    const seeing = await Promise.all(
      people.map(async (person) => {
        const relation = await this.visibility.relation(person, author.id);
        return this.visibility.maySeePost(row, author, relation) ? [person] : [];
      }),
    );
    return new Set(seeing.flat());
  }

  /** Of these people, those who hear of what the actor does. */
  async hear(actor: Id, people: readonly Id[]): Promise<Set<Id>> {
    const row = await this.users.find(actor);
    if (!row) return new Set();
    const hearing = await Promise.all(
      people.map(async (person) => {
        const relation = (await this.visibility.relations(person, [actor])).get(actor) ?? stranger;
        return this.visibility.mayMeet(row, relation) && !relation.muting ? [person] : [];
      }),
    );
    return new Set(hearing.flat());
  }
}
