import { limits } from '@app/platform';
import { exportNames, trashDay } from '../object-keys.js';
import type { ObjectStore, StoredObject, StoreKind } from '../object-store.js';
import { pieceName, pieceNames } from '../pieces.js';
import { ORIGINAL, photoObjectNames, renditions, type RenditionName } from '@app/platform/photos';
import type { FolderRow } from './folder-rows.js';

/** All facts about one folder: its rows, and its objects in each store. */
export interface FolderFacts {
  folder: string;
  rows: FolderRow[];
  stores: Record<StoreKind, Map<string, StoredObject>>;
}

export type FindingKind =
  'missing' | 'size' | 'orphan' | 'misplaced' | 'doubled' | 'altered' | 'avatar' | 'strange';

export interface Finding {
  kind: FindingKind;
  folder: string;
  name: string;
  text: string;
  object?: StoredObject | undefined;
}

/** Findings that affect people; the rest is an unfinished move, or a file that is not Narwhal's. */
export const problems: ReadonlySet<FindingKind> = new Set(['missing', 'size', 'orphan', 'altered', 'avatar']);

interface Wanted {
  /** Minimum and maximum size, where the row knows them. */
  bytes?: [number, number] | undefined;
  by: string;
}

interface Expectation {
  required: Map<string, Wanted>;
  allowed: Set<string>;
}

function expectPhoto(row: FolderRow & { kind: 'photo' }, { required, allowed }: Expectation): void {
  for (const name of photoObjectNames) allowed.add(name);
  if (row.state === 'uploading') return;
  const by = `photo ${row.id} (${row.state})`;
  const bytes = row.bytes === null ? undefined : Number(row.bytes);
  required.set(ORIGINAL, { by, bytes: bytes === undefined ? undefined : [bytes, bytes] });
  for (const name of row.renditions ?? []) {
    const file = renditions[name as RenditionName]?.file;
    if (file !== undefined) required.set(file, { by });
  }
}

function expectUpload(row: FolderRow & { kind: 'upload' }, { required, allowed }: Expectation): void {
  for (const name of pieceNames(row.pieces)) allowed.add(name);
  if (row.state !== 'completed') allowed.add(ORIGINAL);
  if (row.state !== 'receiving' || row.direct) return;
  for (const { name, sizes } of row.pieces)
    for (const [index, size] of sizes.entries())
      // A killed writer may have left more than was recorded.
      required.set(pieceName(name, index), { by: `upload ${row.id}`, bytes: [size, Infinity] });
}

function expectationOf(rows: readonly FolderRow[]): Expectation {
  const expectation: Expectation = { required: new Map(), allowed: new Set() };
  for (const row of rows) {
    if (row.kind === 'photo') expectPhoto(row, expectation);
    else if (row.kind === 'upload') expectUpload(row, expectation);
    // None is required: a database that was restored from a backup names exports that were deleted since, and one may ask for another.
    else if (row.kind === 'transfer')
      for (const name of exportNames(row.attempts)) expectation.allowed.add(name);
    else for (const name of photoObjectNames) expectation.allowed.add(name);
  }
  return expectation;
}

/** The findings in one folder of live objects; `home` is where they should be. */
export function judge({ folder, rows, stores }: FolderFacts, home: StoreKind): Finding[] {
  const findings: Finding[] = [];
  const { required, allowed } = expectationOf(rows);
  const away = stores[home === 's3' ? 'disk' : 's3'];
  const found = new Map([...away, ...stores[home]]);
  const find = (kind: FindingKind, name: string, text: string) =>
    findings.push({ kind, folder, name, text, object: found.get(name) });

  for (const [name, { by, bytes }] of required) {
    const object = found.get(name);
    if (!object) find('missing', name, `${by} needs it, and it is in no store`);
    else if (bytes && (object.bytes < bytes[0] || object.bytes > bytes[1]))
      find('size', name, `${by} has ${bytes[0]} bytes of it, the store ${object.bytes}`);
  }
  for (const [name, { bytes, modifiedAt }] of found) {
    if (!required.has(name) && !allowed.has(name))
      find('orphan', name, `${bytes} bytes of ${modifiedAt.toISOString()} belong to no row`);
  }
  for (const name of away.keys()) {
    const isDouble = stores[home].has(name);
    find(
      isDouble ? 'doubled' : 'misplaced',
      name,
      isDouble ? 'it is in both stores' : `it is not in ${home} yet`,
    );
  }
  return findings;
}

const DAY = 86_400_000;

/** Every day whose trash may still exist, newest first. */
const trashDays = (now: number): string[] =>
  Array.from({ length: limits.trash.keptFor / 86_400 + 2 }, (_, back) =>
    trashDay(new Date(now - back * DAY)),
  );

/**
 * Repairs findings that have a safe repair, and returns how; null if a person has to decide. Missing objects come back
 * from the trash: a database that was restored from a backup names photos that were deleted since. Objects without a row
 * for more than a day go to the trash, from where they can be restored for a month.
 */
export async function fix(store: ObjectStore, finding: Finding, now = Date.now()): Promise<string | null> {
  const { kind, folder, name, object } = finding;
  if (kind === 'missing') {
    for (const day of trashDays(now))
      if ((await store.restore(folder, [name], day)).length > 0)
        return `brought back from the trash of ${day}`;
  }
  if (kind === 'orphan' && object && now - object.modifiedAt.getTime() > DAY) {
    await store.trash(folder, [name], trashDay(new Date(now)));
    return 'moved to the trash';
  }
  return null;
}
