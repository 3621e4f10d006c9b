import type { Id } from '@app/platform';
import type { KeyPage } from '@app/storage';

/** Rows that are read at once: memory stays flat, however many there are. */
const PAGE = 500;

/** All pages of a list, newest first. */
export async function* walk<Row extends { id: Id }>(
  read: (page: KeyPage) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let before: Id | null = null; ;) {
    const rows: Row[] = await read({ limit: PAGE, before, after: null });
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    before = rows.at(-1)?.id ?? null;
  }
}

/** The same pages, each as something else. */
export async function* mapped<From, To>(
  pages: AsyncIterable<From[]>,
  each: (page: From[]) => Promise<To[]> | To[],
): AsyncGenerator<To[]> {
  for await (const page of pages) yield await each(page);
}
