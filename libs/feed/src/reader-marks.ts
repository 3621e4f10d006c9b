import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';

export type Mark = 'liked' | 'saved';
export type Marks = Record<Mark, Set<Id>>;

/** Which posts a reader liked and saved. */
@Injectable()
export class ReaderMarks {
  /** Of these posts, those that the reader liked and those that they saved. Falls back to PostgreSQL. */
  of(reader: Id, posts: readonly Id[]): Promise<Marks> {
    throw new Error(`not built: ${reader} ${posts.length}`);
  }

  /**
   * Runs `work`, the transaction that likes or saves (`marked`) or takes that back, so that no read in between or after
   * it shows another state than the rows, whatever fails. Answers what `work` answers.
   */
  change<Result>(
    reader: Id,
    mark: Mark,
    post: Id,
    marked: boolean,
    work: () => Promise<Result>,
  ): Promise<Result> {
    throw new Error(`not built: ${reader} ${mark} ${post} ${String(marked)} ${work.length}`);
  }
}
