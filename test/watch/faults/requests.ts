import pg from 'pg';
import { crowd } from '../../harness/crowd.js';
import { drawn } from '../../harness/pictures.js';
import { signUp } from '../../harness/people.js';
import { VISITOR, type WatchFixtures } from '../fixtures.js';
import { lasting, UnderWay, type Fault } from './fault.js';

/** Makes every insert into a table fail, as an unforeseen error. */
async function breakTable({ stack }: WatchFixtures, table: string): Promise<void> {
  await stack.database.query(
    `CREATE FUNCTION break_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$`,
  );
  await stack.database.query(
    `CREATE TRIGGER broken BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION break_${table}()`,
  );
}
const mendTable = ({ stack }: WatchFixtures, table: string) =>
  stack.database.query(`DROP FUNCTION break_${table} CASCADE`);

const requestsFail = lasting(
  { what: 'requests fail', alerts: ['RequestsFail'] },
  async (fixtures) => {
    await breakTable(fixtures, 'blocks');
    const mallory = await signUp(fixtures.stack, 'mallory');
    return new UnderWay(2, 100, () => fixtures.ada.request('put', `/v1/users/${mallory.id}/block`));
  },
  (fixtures) => mendTable(fixtures, 'blocks'),
);

const jobsFail: Fault = {
  what: 'jobs fail',
  alerts: ['JobsFail'],
  cause: async (fixtures) => {
    await breakTable(fixtures, 'notifications');
    for (const followed of await crowd(fixtures.stack, 'followed', 40)) await fixtures.ada.follow(followed);
  },
  mend: (fixtures) => mendTable(fixtures, 'notifications'),
};

const photosAreBroken = lasting(
  { what: 'a client sends half photos', alerts: ['PhotosAreRejected'] },
  async ({ ada }) => {
    const picture = await drawn({ width: 320, height: 240 });
    const half = picture.bytes.subarray(0, picture.bytes.length / 2);
    // The same bytes would return the earlier photo.
    return new UnderWay(2, 50, (count) =>
      ada.send({ ...picture, bytes: Buffer.concat([half, Buffer.from(String(count))]) }),
    );
  },
);

const passwordsAreGuessed = lasting(
  { what: 'somebody guesses passwords', alerts: ['ManyAreRefused'] },
  ({ crowded }) =>
    new UnderWay(10, 25, async (count) => {
      const response = await fetch(`${crowded.url}/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login: 'ada', password: `password ${count}` }),
      });
      await response.text();
    }),
);

/** A hundred and fifty people request rows that another transaction has locked, and retry when they are refused. */
function lockedTable(): Fault {
  let holder: pg.Client;
  return lasting(
    { what: 'a lock is held', alerts: ['PoolIsExhausted', 'PostgresIsSlow', 'RequestsAreSlow'] },
    async ({ stack, ada, crowded }) => {
      holder = new pg.Client({ connectionString: stack.database.operatorUrl });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE collections');
      const headers = { authorization: `Bearer ${ada.session.accessToken}` };
      return new UnderWay(150, 100, async () => {
        const response = await fetch(`${crowded.url}/v1/me/collections`, { headers });
        await response.text();
      });
    },
    () => holder.end(),
  );
}

/** The synthetic check's password differs from the worker's setting. */
function lockedOut(): Fault {
  let hash = '';
  const sql = `UPDATE users SET password_hash = $2 WHERE username = $1`;
  return {
    what: 'nobody can sign in',
    alerts: ['VisitFails'],
    cause: async ({ stack: { database } }) => {
      const [found] = await database.query<{ password_hash: string }>(
        'SELECT password_hash FROM users WHERE username = $1',
        [VISITOR],
      );
      hash = found?.password_hash ?? '';
      await database.query(sql, [VISITOR, hash.replace(/.{8}$/, 'AAAAAAAA')]);
    },
    mend: ({ stack: { database } }) => database.query(sql, [VISITOR, hash]),
  };
}

export const requestFaults: readonly Fault[] = [
  requestsFail,
  lockedTable(),
  passwordsAreGuessed,
  photosAreBroken,
  jobsFail,
  lockedOut(),
];
