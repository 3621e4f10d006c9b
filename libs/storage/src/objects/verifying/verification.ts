import { limits } from '@app/platform';
import type { DataSource } from 'typeorm';
import { hashIfAny } from '../moving/copied.js';
import { foldersOf, namesIn, type Folder } from '../moving/folders.js';
import { trashDay } from '../object-keys.js';
import type { ObjectStore, StoredObject, StoreKind } from '../object-store.js';
import { ORIGINAL } from '@app/platform/photos';
import { allFolderRows, folderRows, lostAvatars, type FolderRow } from './folder-rows.js';
import { judge, type Finding, type FolderFacts } from './judge.js';
import { grouped, sideBySide } from './side-by-side.js';

export interface Verified {
  photos: number;
  uploads: number;
  objects: number;
  bytes: number;
  trashed: number;
  findings: Finding[];
}

export interface VerifyOptions {
  home: StoreKind;
  stores: Record<StoreKind, ObjectStore | null>;
  source: DataSource;
  /** Also read every original and compare its SHA-256. */
  readOriginals: boolean;
  /** Called for every folder, for a progress bar. */
  step(): void;
}

const TRASH = /^trash\/(\d{4}-\d{2}-\d{2})\//;
const FOLDERS_A_LOOK = 500;

/** Yields nothing: for a store that is not configured. */
async function* none(): AsyncGenerator<Folder> {
  // It lists nothing.
}

/**
 * Checks every row against its objects and every object against its row, walking through both in folder order, so that
 * millions need no memory. On a running system things come and go between a listing and a row: suspects are checked
 * again, from the start, and reported only if still wrong.
 */
export class Verification {
  private readonly seen: Omit<Verified, 'findings'> = {
    photos: 0,
    uploads: 0,
    objects: 0,
    bytes: 0,
    trashed: 0,
  };
  private readonly strange: Finding[] = [];
  private readonly oldestTrash = trashDay(new Date(Date.now() - (limits.trash.keptFor + 86_400) * 1000));

  constructor(private readonly options: VerifyOptions) {}

  async run(): Promise<Verified> {
    const suspects = await this.walk();
    const findings: Finding[] = [];
    for (let from = 0; from < suspects.length; from += FOLDERS_A_LOOK)
      findings.push(...(await this.lookAgain(suspects.slice(from, from + FOLDERS_A_LOOK))));
    for (const { userId, folder } of await lostAvatars(this.options.source))
      findings.push({
        kind: 'avatar',
        folder,
        name: '',
        text: `the photo of user ${userId}'s picture is gone`,
      });
    return { ...this.seen, findings: [...findings, ...this.strange] };
  }

  /** Returns the folders where something looks wrong. */
  private async walk(): Promise<string[]> {
    const { stores, source, home } = this.options;
    const runner = source.createQueryRunner();
    const suspects: string[] = [];
    const listed = (store: ObjectStore | null) => (store ? foldersOf(store, this.tellStrange) : none());
    try {
      const streams = {
        rows: grouped(allFolderRows(runner)),
        disk: listed(stores.disk),
        s3: listed(stores.s3),
      };
      for await (const { folder, found } of sideBySide(streams)) {
        const facts: FolderFacts = {
          folder,
          rows: found.rows?.items ?? [],
          stores: { disk: found.disk?.objects ?? new Map(), s3: found.s3?.objects ?? new Map() },
        };
        this.count(facts);
        if (this.findingsIn(facts, home).length > 0 || (await this.alteredIn(facts)).length > 0)
          suspects.push(folder);
        this.options.step();
      }
    } finally {
      await runner.release();
    }
    return suspects;
  }

  private async lookAgain(folders: readonly string[]): Promise<Finding[]> {
    const { stores, source, home } = this.options;
    const findings: Finding[] = [];
    const objects = new Map<string, FolderFacts['stores']>();
    // Objects first: every object's row was written before it.
    for (const folder of folders)
      objects.set(folder, {
        disk: await this.namesIn(stores.disk, folder),
        s3: await this.namesIn(stores.s3, folder),
      });
    const rows = Map.groupBy(await folderRows(source, folders), ({ folder }) => folder);
    for (const [folder, found] of objects) {
      const facts: FolderFacts = { folder, rows: rows.get(folder) ?? [], stores: found };
      for (const finding of [...this.findingsIn(facts, home), ...(await this.alteredIn(facts))])
        if (!(await this.hasPassed(finding))) findings.push(finding);
    }
    return findings;
  }

  /** Whether the object was deleted or created between reading the store and reading the rows. */
  private async hasPassed({ kind, folder, name }: Finding): Promise<boolean> {
    if (kind === 'avatar' || kind === 'strange') return false;
    const { disk, s3 } = this.options.stores;
    const key = `${folder}/${name}`;
    const found = Boolean((await disk?.stat(key)) ?? (await s3?.stat(key)));
    return kind === 'missing' ? found : !found;
  }

  private namesIn(store: ObjectStore | null, folder: string): Promise<Map<string, StoredObject>> {
    return store ? namesIn(store, folder) : Promise.resolve(new Map());
  }

  private findingsIn(facts: FolderFacts, home: StoreKind): Finding[] {
    const day = TRASH.exec(facts.folder)?.[1];
    if (day === undefined) return judge(facts, home);
    if (day >= this.oldestTrash) return [];
    const names = [...facts.stores.disk.keys(), ...facts.stores.s3.keys()];
    const text = `trash of ${day} should have been deleted by the worker`;
    return names.map((name) => ({ kind: 'strange', folder: facts.folder, name, text }));
  }

  private async alteredIn({ folder, rows, stores }: FolderFacts): Promise<Finding[]> {
    if (!this.options.readOriginals) return [];
    const photo = rows.find((row): row is FolderRow & { kind: 'photo' } => row.kind === 'photo');
    if (!photo?.sha256) return [];
    const findings: Finding[] = [];
    for (const kind of ['disk', 's3'] as const) {
      const store = this.options.stores[kind];
      if (!store || !stores[kind].has(ORIGINAL)) continue;
      const hash = await hashIfAny(store, `${folder}/${ORIGINAL}`);
      if (hash === null || hash === photo.sha256) continue;
      const text = `photo ${photo.id} has SHA-256 ${photo.sha256}, the object in ${kind} ${hash}`;
      findings.push({ kind: 'altered', folder, name: ORIGINAL, text });
    }
    return findings;
  }

  private count({ folder, rows, stores }: FolderFacts): void {
    this.seen.photos += rows.filter(({ kind }) => kind === 'photo').length;
    this.seen.uploads += rows.filter((row) => row.kind === 'upload' && row.state === 'receiving').length;
    for (const { bytes } of [...stores.disk.values(), ...stores.s3.values()]) {
      this.seen.bytes += bytes;
      if (TRASH.test(folder)) this.seen.trashed += 1;
      else this.seen.objects += 1;
    }
  }

  private readonly tellStrange = (key: string): void => {
    this.strange.push({
      kind: 'strange',
      folder: '',
      name: key,
      text: 'no object of Narwhal has such a name',
    });
  };
}
