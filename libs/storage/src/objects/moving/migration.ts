import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import type { Queryable } from '../../database/queryable.js';
import type { ObjectStore, StoreKind } from '../object-store.js';
import type { StoreHome } from '../store-home.js';
import { eachOf, foldersOf, type Folder } from './folders.js';
import { CopyIntents, Mover, type Route } from './mover.js';
import { isPiece, OpenUploads } from './open-uploads.js';

/** Milliseconds until every process has seen the switch and moved what it wrote meanwhile: see TwoStores. */
const CHANGEOVER = 3_000;
const AT_ONCE = 4;
/** Passes over the old store before the rest needs an operator. */
const PASSES = 20;

/** Shows the progress. */
export interface Reporter {
  phase(name: string, objects: number): void;
  done(bytes: number): void;
  end(): void;
  say(text: string): void;
}

/**
 * Moves all objects from one store to the other while Narwhal runs: copies, reads each copy back and compares it; makes
 * the target home; copies what landed in the old store meanwhile; and only then deletes there, each object after another
 * comparison. It keeps no progress outside the stores, so it may be killed and run again at any point.
 */
export class Migration {
  private readonly conflicts = new Set<string>();
  private readonly mover: Mover;
  private readonly uploads: OpenUploads;

  constructor(
    private readonly route: Route,
    private readonly database: Database,
    private readonly home: StoreHome,
    private readonly reporter: Reporter,
  ) {
    this.mover = new Mover(route, new CopyIntents(database), {
      done: (bytes) => reporter.done(bytes),
      conflict: (text) => this.conflicts.add(text),
    });
    this.uploads = new OpenUploads(database, route);
  }

  /** Returns what a person has to check; nothing when all is moved. */
  async run(stores: Record<StoreKind, ObjectStore | null>): Promise<string[]> {
    const { target } = this.route;
    await this.mover.finishInterrupted(stores);
    if ((await this.home.read()) !== target) {
      await this.copyAll('copying');
      // Copies objects that came during the first pass; the second is short.
      await this.copyAll('catching up');
      await this.home.change(target);
    }
    this.reporter.say(`new photos land in ${target} now; every process knows it in ${CHANGEOVER / 1000} s`);
    await sleep(CHANGEOVER);
    return this.drainAll();
  }

  private async copyAll(phase: string): Promise<void> {
    await this.begin(phase);
    await eachOf(foldersOf(this.route.from), AT_ONCE, (folder) => this.mover.copy(withoutPieces(folder)));
    this.reporter.end();
  }

  private async drainAll(): Promise<string[]> {
    for (let pass = 1; pass <= PASSES; pass += 1) {
      const left = await this.begin(pass === 1 ? 'comparing and deleting' : 'what came late');
      if (left > 0) await eachOf(foldersOf(this.route.from), AT_ONCE, (folder) => this.drain(folder));
      this.reporter.end();
      if (left === 0) return [];
      if (left === this.conflicts.size) return [...this.conflicts];
    }
    return [
      ...this.conflicts,
      'objects go on coming into the old store: is a process running with other settings?',
    ];
  }

  private async drain(folder: Folder): Promise<void> {
    const isOpen = [...folder.objects.keys()].some(isPiece) && (await this.uploads.move(folder));
    await this.mover.drain(isOpen ? withoutPieces(folder) : folder);
  }

  private async begin(phase: string): Promise<number> {
    let objects = 0;
    for await (const folder of foldersOf(this.route.from)) objects += folder.objects.size;
    this.reporter.phase(phase, objects);
    return objects;
  }
}

function withoutPieces({ folder, objects }: Folder): Folder {
  return { folder, objects: new Map([...objects].filter(([name]) => !isPiece(name))) };
}

/** Seconds: five heartbeats. A process that is silent for longer reads its settings when it starts again. */
const LIVING = 10;

/** Live processes whose settings lack a store: they could not read what moves there. */
export async function unaware(database: Queryable, store: StoreKind): Promise<string[]> {
  const { rows } = await database.query<{ kind: string; host: string; pid: string }>(
    'moving.unaware',
    `SELECT kind, facts->>'host' AS host, facts->>'pid' AS pid FROM heartbeats
     WHERE beaten_at > clock_timestamp() - make_interval(secs => $1)
       AND NOT coalesce(facts->'objectStores', '[]') @> to_jsonb($2::text) ORDER BY kind, host, pid`,
    [LIVING, store],
  );
  return rows.map(({ kind, host, pid }) => `${kind} ${pid} on ${host}`);
}
