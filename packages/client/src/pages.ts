import type { Client } from 'openapi-fetch';
import type { components, paths } from './contract.ts';
import { dataOf } from './refusal.ts';

type Schemas = components['schemas'];
interface Listed {
  items: unknown[];
  nextCursor: string | null;
  prevCursor: string | null;
}
type AnswerOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Answer } } } };
}
  ? Answer
  : never;
/** The paths that answer with a list. */
export type ListPath = {
  [Path in keyof paths]: [AnswerOf<Path>] extends [never]
    ? never
    : AnswerOf<Path> extends Listed
      ? Path
      : never;
}[keyof paths];
type ParametersOf<Path extends ListPath> = paths[Path] extends { get: { parameters: infer Parameters } }
  ? Parameters
  : never;
export type ListQuery<Path extends ListPath> = Omit<
  NonNullable<ParametersOf<Path> extends { query?: infer Query } ? Query : never>,
  'cursor' | 'newer'
>;

/** What `view` asks for. */
type Smaller = Schemas['GridPostList'] | Schemas['CompactNotificationList'];
export type PageOf<Path extends ListPath, Query = object> = Extract<
  Query extends { view: string } ? Extract<AnswerOf<Path>, Smaller> : Exclude<AnswerOf<Path>, Smaller>,
  Listed
>;
export type ItemOf<Path extends ListPath, Query = object> = PageOf<Path, Query>['items'][number];

export type ListOptions<Path extends ListPath, Query extends ListQuery<Path> = ListQuery<Path>> = {
  query?: Query;
  signal?: AbortSignal;
  /** Goes on after this `nextCursor`, towards older items. */
  after?: string;
  /** Goes up from this `prevCursor`, towards newer items, and ends at the newest. */
  above?: string;
} & (ParametersOf<Path> extends { path: infer InPath } ? { path: InPath } : object);

/** The pages of a list, one request each. A page may be short or empty while more follow. @throws Refusal */
export async function* pages<Path extends ListPath, Query extends ListQuery<Path>>(
  api: Client<paths>,
  path: Path,
  { signal, after, above, ...given }: ListOptions<Path, Query>,
): AsyncGenerator<PageOf<Path, Query>, void, undefined> {
  const up = above !== undefined;
  const { path: inPath, query } = given as { path?: object; query?: object };
  // The types of the two ends are checked where `path` is known; in between they are one for all lists.
  const get = api.GET as (
    path: string,
    init: object,
  ) => Promise<{ data?: PageOf<Path, Query>; response: Response }>;
  for (let at: string | null | undefined = up ? above : after; at !== null;) {
    const position: object = at === undefined ? {} : up ? { newer: at } : { cursor: at };
    const page: PageOf<Path, Query> = await dataOf(
      get(path, { params: { path: inPath, query: { ...query, ...position } }, signal }),
    );
    yield page;
    // There is always an upward cursor, since something newer may come at any time.
    at = !up ? page.nextCursor : page.items.length > 0 ? page.prevCursor : null;
  }
}
