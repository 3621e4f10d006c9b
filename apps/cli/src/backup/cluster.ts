import { Database, openDataSource } from '@app/storage/database';

/** A running PostgreSQL, as its WAL is named: the number of its cluster, and its timeline (`00000001`), which every restore changes. */
export async function clusterOf(url: string): Promise<{ system: string; timeline: string }> {
  const source = await openDataSource({ url, name: 'narwhal-backup' });
  try {
    const { rows } = await new Database(source).query<{ system: string; timeline: string }>(
      'backup.cluster',
      `SELECT system_identifier::text AS system, lpad(upper(to_hex(timeline_id)), 8, '0') AS timeline
       FROM pg_control_system(), pg_control_checkpoint()`,
    );
    return rows[0] ?? { system: '', timeline: '' };
  } finally {
    await source.destroy();
  }
}
