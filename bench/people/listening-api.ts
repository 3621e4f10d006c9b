import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { built, type PeopleFixtures, type Reader } from './people-fixtures.ts';
import { stopped, workOf, type Explained, type Work } from './plan.ts';

/** A statement that the product ran, and the earlier ones of its transaction. */
interface Heard {
  name: string;
  sql: string;
  parameters: readonly unknown[];
  before: Heard[];
}

type Query = (name: string, sql: string, parameters?: readonly unknown[]) => Promise<unknown>;
interface Tx {
  query: Query;
}
interface DatabaseClass {
  prototype: Tx & { transaction(work: (tx: Tx) => Promise<unknown>): Promise<unknown> };
}

interface Answer {
  statusCode: number;
  body: string;
}
interface Api {
  app: {
    init(): Promise<unknown>;
    close(): Promise<void>;
    getHttpAdapter(): {
      getInstance(): {
        ready(): Promise<void>;
        inject(request: object): Promise<Answer>;
      };
    };
  };
}

export interface Page {
  items: unknown[];
  nextCursor?: string | null;
  prevCursor?: string | null;
}

/**
 * The built api in this process, so that every statement is recorded with its name as `Database` runs it: real endpoints,
 * real repositories, real parameters. The recorded statements are then explained on a separate connection.
 */
export class ListeningApi {
  private readonly heard: Heard[];
  private readonly people: PeopleFixtures;
  private readonly api: Api;
  private readonly client: pg.Client;

  private constructor(people: PeopleFixtures, api: Api, client: pg.Client, heard: Heard[]) {
    this.heard = heard;
    this.people = people;
    this.api = api;
    this.client = client;
  }

  /** `forced` prevents whole-table reads of small tables, for small data. */
  static async start(people: PeopleFixtures, forced: boolean): Promise<ListeningApi> {
    const heard: Heard[] = [];
    const { Database } = await built<{ Database: DatabaseClass }>('libs/storage/src/database/database.js');
    listen(Database, (one) => heard.push(one));
    const { readConfig } = await built<{ readConfig(env: object): object }>('libs/platform/src/config.js');
    const { createApi } = await built<{ createApi(config: object): Promise<Api> }>('apps/api/src/run.js');
    const api = await createApi(readConfig({ ...people.api.settings, PORT: '0' }));
    await api.app.init();
    await api.app.getHttpAdapter().getInstance().ready();
    const client = new pg.Client({ connectionString: people.api.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    if (forced) await client.query('SET enable_seqscan = off');
    return new ListeningApi(people, api, client, heard);
  }

  /** On a busy machine Redis may be late, and then counts as away until it answers again: such a refusal is asked again. */
  async get(path: string, reader: Reader): Promise<Page> {
    const headers = this.people.headersOf(reader);
    for (let tries = 1; ; tries += 1) {
      this.heard.length = 0;
      const request = { method: 'GET', url: path, headers };
      const { statusCode, body } = await this.api.app.getHttpAdapter().getInstance().inject(request);
      if (statusCode === 200) return JSON.parse(body) as Page;
      if (statusCode !== 503 || tries === 20)
        throw new Error(`GET ${path}: ${statusCode} ${body.slice(0, 300)}`);
      await sleep(250);
    }
  }

  /** The work of each statement of the last request, measured by running it again. */
  async explain(): Promise<{ name: string; sql: string; work: Work }[]> {
    const works = [];
    for (const heard of this.heard) {
      if (isSetting(heard)) continue;
      await this.client.query('BEGIN');
      try {
        for (const { sql, parameters } of heard.before) await this.client.query(sql, [...parameters]);
        works.push({ name: heard.name, sql: heard.sql, work: await this.workOf(heard) });
      } finally {
        await this.client.query('ROLLBACK');
      }
    }
    return works;
  }

  private async workOf({ name, sql, parameters }: Heard): Promise<Work> {
    try {
      const { rows } = await this.client.query<{ 'QUERY PLAN': Explained[] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
        [...parameters],
      );
      const [explained] = rows[0]?.['QUERY PLAN'] ?? [];
      if (!explained) throw new Error(`expected a plan of ${name} but received none`);
      return workOf(explained);
    } catch (error) {
      if ((error as { code?: string }).code === CANCELLED) return stopped;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.api.app.close();
  }
}

const CANCELLED = '57014';

/** A transaction's own settings: they read nothing, and apply to the later statements. */
const isSetting = ({ sql }: Heard): boolean => /^\s*SELECT set_config/i.test(sql);

/** All statements pass through these two, inside transactions and outside. */
function listen({ prototype }: DatabaseClass, hear: (heard: Heard) => void): void {
  const { query, transaction } = prototype;
  prototype.query = function listened(this: Tx, name, sql, parameters = []) {
    hear({ name, sql, parameters, before: [] });
    return query.call(this, name, sql, parameters);
  };
  prototype.transaction = function listened(this: Tx, work) {
    const before: Heard[] = [];
    return transaction.call(this, (tx) =>
      work({
        query: (name, sql, parameters = []) => {
          const heard = { name, sql, parameters, before: [...before] };
          before.push(heard);
          hear(heard);
          return tx.query(name, sql, parameters);
        },
      }),
    );
  };
}
