import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { privilegeDropFor } from '../dev/privilege-drop/choice.ts';
import { postgresPrograms } from '../dev/postgres-cluster.ts';
import { withClient } from '../dev/postgres.ts';
import { Refusal } from '../dev/say.ts';
import { databaseUrl } from './data-parts.ts';
import type { Fleet } from './fleet.ts';
import type { Part } from './part.ts';

/**
 * For a primary that is lost for good: the replica's data becomes the primary's, under the primary's address, so that
 * PgBouncer and all clients of that address find it; then a new replica is made from it. The old primary's data is kept
 * aside: only it has the writes that the primary confirmed in its last moment and had not yet sent to the replica.
 *
 * Until the data is swapped, a restarted fleet is the old one. @throws Refusal while the primary may still be written to
 */
export async function promote(fleet: Fleet, name: string, tell: (line: string) => void): Promise<string> {
  if (fleet.context.plan.options.patroni)
    throw new Refusal(
      'Patroni promotes a replica by itself. In order: npm run fleet -- switchover postgres-2',
    );
  const [primary, replica] = fleet.ofKind('postgres');
  if (!primary || !replica || name !== replica.name)
    throw new Refusal(`expected ${replica?.name ?? 'a replica'} but received "${name}"`);
  refuseUnlessLost(primary);
  if (replica.state !== 'up') throw new Refusal(`${replica.name} is ${replica.state}. Nothing was changed.`);
  // A failed primary is restarted after a moment; a killed one is not.
  await primary.kill();
  await askToLead(databaseUrl(fleet.context, replica.place));
  tell(`${replica.name}: promoted`);
  await replica.stop();
  const aside = handOver(fleet.context.folder, replica.name, primary.name);
  await primary.start();
  await replica.start();
  return `${primary.name} is up with what ${name} had, and ${name} is a copy of it again. The old primary's data: ${aside}`;
}

/** Two primaries would each confirm writes that the other never sees. */
function refuseUnlessLost({ name, state }: Part): void {
  if (state === 'killed' || state === 'failed' || state === 'stopped') return;
  throw new Refusal(
    `${name} is ${state}, and a promoted replica beside it would be a second primary. If it is lost for good:\n` +
      `  npm run fleet -- kill ${name}\nNothing was changed.`,
  );
}

async function askToLead(url: string): Promise<void> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ done: boolean }>('SELECT pg_promote(true, 60) AS done'),
  );
  if (!rows[0]?.done)
    throw new Refusal('The replica was told to lead, and does not after 60 s. Nothing was changed.');
}

/** Returns the folder of the old data. */
function handOver(folder: string, from: string, to: string): string {
  const [given, taken] = [from, to].map(
    (name) => privilegeDropFor({ programs: postgresPrograms(), data: join(folder, name) }).onDisk,
  ) as [string, string];
  const aside = join(taken, `cluster.lost-${new Date().toISOString().replaceAll(':', '')}`);
  renameSync(join(given, 'cluster'), join(taken, 'cluster.promoted'));
  renameSync(join(taken, 'cluster'), aside);
  renameSync(join(taken, 'cluster.promoted'), join(taken, 'cluster'));
  return aside;
}
