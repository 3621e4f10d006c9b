import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { madePhoto } from '../test/fixtures/photos.ts';
import { realPhoto } from './uploads.ts';

const PATIENCE = 120_000;

/** The commonest upload: 12 MP from a phone. */
export async function photoBytes(): Promise<Buffer> {
  if (existsSync(realPhoto)) return readFileSync(realPhoto);
  console.log('../shared/photos is absent: a made photo of 12 MP stands in');
  return (await madePhoto(4_032, 3_024)).jpeg({ quality: 92 }).toBuffer();
}

/** When its row became ready, by PostgreSQL's clock, which is this machine's. Polled rarely: polling affects the measurement. */
export async function readyAt(database: pg.Client, id: string): Promise<number> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(50)) {
    const { rows } = await database.query<{ at: string | null }>(
      `SELECT extract(epoch FROM settled_at) * 1000 AS at FROM photos WHERE id = $1 AND state = 'ready'`,
      [id],
    );
    if (rows[0]?.at) return Number(rows[0].at);
  }
  throw new Error(`photo ${id} is not ready after ${PATIENCE / 1_000} s`);
}
