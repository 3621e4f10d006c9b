import { Injectable } from '@nestjs/common';
import { limits, problem, timeOf, type Id } from '@app/platform';
import { SuggestionRows, UnitOfWork, UserRows, type SuggestionsAge } from '@app/storage';
import { Visibility } from '../visibility/visibility.js';

/** People to follow. The worker computes them; here they are asked for and dismissed. */
@Injectable()
export class Suggestions {
  constructor(
    private readonly rows: SuggestionRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly work: UnitOfWork,
  ) {}

  /** Asks for new ones when the reader's are old. */
  async refresh(reader: Id): Promise<void> {
    const age = await this.rows.age(reader);
    if (!isOld(age)) return;
    await this.work.run(async (tx) => {
      if (!(await this.rows.ask(tx, reader, age.askedAt))) return;
      if (age.askedAt === null) await this.rows.begin(tx, reader);
      await tx.effect('suggestions.refresh', reader);
    });
  }

  /** Dismisses a person for good. Idempotent. @throws Problem 404 for a person who is missing or may not be seen */
  async dismiss(reader: Id, id: Id): Promise<void> {
    await this.work.run(async (tx) => {
      const other = await this.users.find(id, tx);
      const relation = await this.visibility.relation(reader, id, tx);
      if (!other || !this.visibility.maySeeProfile(other, relation)) throw problem('not_found');
      await this.rows.dismiss(tx, reader, id);
    });
  }
}

/** Older than a day; or older than a minute, with a newer follow whose friends are not in the list yet. */
function isOld({ askedAt, newestFollow }: SuggestionsAge): boolean {
  if (askedAt === null) return true;
  const age = (Date.now() - askedAt.getTime()) / 1000;
  const followed = newestFollow !== null && timeOf(newestFollow) > askedAt.getTime();
  return age > limits.suggestions.freshFor || (followed && age > limits.suggestions.atLeast);
}
