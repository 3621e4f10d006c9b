import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { PopularRows, SuggestionRows, UnitOfWork } from '@app/storage';

/** Computes suggestions of people to follow. */
@Injectable()
export class Suggesting {
  constructor(
    private readonly rows: SuggestionRows,
    private readonly popular: PopularRows,
    private readonly work: UnitOfWork,
  ) {}

  async refresh(user: Id): Promise<void> {
    await this.popular.prunePeople();
    await this.work.run((tx) => this.rows.replace(tx, user));
  }

  /** Deletes the suggestions of a closed account. */
  async forget(user: Id): Promise<void> {
    await this.rows.forget(user);
  }
}
