import type { Id } from '@app/platform';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Pieces } from '../pieces.js';
import type { PhotoState } from '../../database/entities/photo.js';
import type { UploadState } from '../../database/entities/upload.js';

/** A row's claim about the objects in its folder. */
export type FolderRow = { folder: string; id: Id } & (
  | {
      kind: 'photo';
      state: PhotoState;
      bytes: string | null;
      sha256: string | null;
      renditions: string[] | null;
    }
  | { kind: 'upload'; state: UploadState; direct: boolean; pieces: Pieces[] }
  | { kind: 'transfer'; attempts: number }
  /** Objects yet to be moved to the trash, or renditions being remade: some of them may exist. */
  | { kind: 'trash' }
);

interface Raw {
  folder: string;
  id: Id;
  kind: FolderRow['kind'];
  facts: object;
}

const ROWS = (which: string) => `
  SELECT folder, id::text, 'photo' AS kind, jsonb_build_object('state', state, 'bytes', bytes::text,
    'sha256', encode(sha256, 'hex'), 'renditions', (SELECT jsonb_agg(name) FROM jsonb_object_keys(renditions) name)) AS facts
  FROM photos ${which}
  UNION ALL
  SELECT folder, id::text, 'upload', jsonb_build_object('state', state, 'direct', direct, 'pieces', pieces) FROM uploads ${which}
  UNION ALL
  SELECT folder, id::text, 'transfer', jsonb_build_object('attempts', attempts) FROM transfers ${which}
  UNION ALL
  SELECT next_folder, id::text, 'trash', '{}' FROM photos ${which ? which.replace('folder', 'next_folder') : 'WHERE next_folder IS NOT NULL'}
  UNION ALL
  SELECT folder, id::text, 'trash', '{}' FROM trash ${which} ${which ? 'AND' : 'WHERE'} (photo_id IS NOT NULL OR EXISTS (
    SELECT 1 FROM outbox o WHERE o.shard = trash.shard AND o.kind = 'photo.trash' AND o.subject_id = trash.id))`;

const parsed = (rows: Raw[]): FolderRow[] =>
  rows.map(({ folder, id, kind, facts }) => ({ folder, id, kind, ...facts }) as FolderRow);

/** Rows per fetch. */
const PAGE = 2_000;

/**
 * Every row that has a folder, in folder order and a page at a time: from a cursor that holds its result, so that a
 * verification of hours keeps no transaction open.
 */
export async function* allFolderRows(runner: QueryRunner): AsyncGenerator<FolderRow> {
  await runner.query(
    `DECLARE folders CURSOR WITH HOLD FOR SELECT * FROM (${ROWS('')}) every ORDER BY folder COLLATE "C"`,
  );
  try {
    for (;;) {
      const page = (await runner.query(`FETCH ${PAGE} FROM folders`)) as Raw[];
      yield* parsed(page);
      if (page.length < PAGE) return;
    }
  } finally {
    await runner.query('CLOSE folders');
  }
}

/** The rows of some folders, as they are now. */
export async function folderRows(source: DataSource, folders: readonly string[]): Promise<FolderRow[]> {
  return parsed(await source.query<Raw[]>(ROWS('WHERE folder = ANY($1)'), [folders]));
}

export interface LostAvatar {
  userId: Id;
  folder: string;
}

/** People whose avatar is of a deleted photo. */
export async function lostAvatars(source: DataSource): Promise<LostAvatar[]> {
  return source.query<LostAvatar[]>(
    `SELECT u.id::text AS "userId", u.avatar_folder AS folder FROM users u
     WHERE u.avatar_folder IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM photos p WHERE p.shard = u.shard AND p.id = u.avatar_photo_id AND p.folder = u.avatar_folder)`,
  );
}
