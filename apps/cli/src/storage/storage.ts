import {
  databaseFault,
  readArguments,
  readStorageSettings,
  UsageError,
  type StorageSettings,
} from '@app/platform';
import { Database, openDataSource, type DataSource } from '@app/storage/database';
import { storageLine } from '../command-lines.js';
import { Refused, told } from '../refused.js';
import {
  Migration,
  Redevelopment,
  type Redevelop,
  unaware,
  ProgressBars,
  type ObjectStore,
  type StoreKind,
  configuredStore,
  configuredStores,
  TwoStores,
  StoreHome,
  fix,
  problems,
  Verification,
} from '@app/storage/objects';
import { rejections } from '@app/platform/photos';

interface Tools {
  source: DataSource;
  database: Database;
  home: StoreHome;
  stores: Record<StoreKind, ObjectStore | null>;
  all: TwoStores;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function withTools(
  settings: StorageSettings,
  work: (tools: Tools) => Promise<number>,
): Promise<number> {
  const url = settings.DATABASE_DIRECT_URL ?? settings.DATABASE_URL;
  const source = await openDataSource({ url, name: 'narwhal-storage' }).catch((error: unknown) => {
    throw new Refused(databaseFault(error, url, 'DATABASE_URL').text);
  });
  const configured = await configuredStores(settings);
  try {
    const database = new Database(source);
    const home = new StoreHome(database, configuredStore(settings));
    const all = new TwoStores(configured, home);
    await all.at(await home.current());
    const stores = { disk: await configured.disk((await home.current()) === 'disk'), s3: configured.s3 };
    return await work({ source, database, home, stores, all });
  } finally {
    await configured.s3?.close();
    await source.destroy();
  }
}

/** Runs one at a time: each of two would take the other's partial copies for complete ones. */
async function alone(source: DataSource, work: () => Promise<number>): Promise<number> {
  const runner = source.createQueryRunner();
  try {
    const [row] = (await runner.query(
      `SELECT pg_try_advisory_lock(hashtext('narwhal storage')) AS locked`,
    )) as {
      locked: boolean;
    }[];
    if (!row?.locked) throw new Refused('another storage migrate or redevelop is at work on this database');
    return await work();
  } finally {
    await runner.release();
  }
}

async function verify(tools: Tools, options: { originals: boolean; fix: boolean }): Promise<number> {
  const { source, home, stores, all } = tools;
  const bars = new ProgressBars('folders');
  bars.phase('verifying', 0);
  const verification = new Verification({
    home: await home.current(),
    stores,
    source,
    readOriginals: options.originals,
    step: () => bars.done(0),
  });
  const { photos, uploads, objects, bytes, trashed, findings } = await verification.run();
  bars.end();
  say(
    `${photos} photos, ${uploads} uploads on their way, ${objects} objects, ${trashed} in the trash, ${(bytes / 1e6).toFixed(1)} MB; home is ${await home.current()}`,
  );
  let left = 0;
  for (const finding of findings) {
    const mended = options.fix ? await fix(all, finding) : null;
    if (mended === null && problems.has(finding.kind)) left += 1;
    const place = [finding.folder, finding.name].filter(Boolean).join('/');
    say(`${finding.kind.padEnd(9)} ${place}: ${finding.text}${mended === null ? '' : ` - ${mended}`}`);
  }
  const moving = findings.filter(({ kind }) => kind === 'misplaced' || kind === 'doubled').length;
  if (moving > 0) say(`${moving} objects are not (only) in their store: run storage migrate, to its end`);
  say(left === 0 ? 'every row has its objects, and every object its row' : `${left} problems`);
  return left === 0 ? 0 : 1;
}

async function migrate(tools: Tools, from: StoreKind, to: StoreKind): Promise<number> {
  const { source, database, home, all, stores } = tools;
  if (!stores.s3) throw new Refused('expected S3_BUCKET and what belongs to it, but it is not set');
  const route = {
    from: await all.at(from),
    to: await all.at(to),
    target: to,
  };
  await route.to.check();
  const others = await unaware(database, route.target);
  if (others.length > 0)
    throw new Refused(
      `expected every process to know ${to}, but these do not: ${others.join(', ')}. Give them its settings and restart them`,
    );
  return alone(source, async () => {
    const bars = new ProgressBars('objects');
    const both = { disk: await all.at('disk'), s3: await all.at('s3') };
    const left = await new Migration(route, database, home, bars).run(both);
    for (const text of left) say(text);
    say(left.length === 0 ? `every object is in ${to}` : `${left.length} things are left in ${from}`);
    return left.length === 0 ? 0 : 1;
  });
}

async function redevelop({ source, database }: Tools, which: Redevelop): Promise<number> {
  return alone(source, async () => {
    const later = await new Redevelopment(database, new ProgressBars('photos')).run(which);
    say(
      later === 0 ? 'every photo is made anew, or told why not' : `${later} photos fail, and are tried again`,
    );
    return later === 0 ? 0 : 1;
  });
}

/** The photos to redevelop, from exactly one of the three options; null when the options are ambiguous. */
function whichOf(
  { all, older, rejected }: { all?: boolean; older?: boolean; rejected?: boolean },
  code: string,
): Redevelop | null {
  const named = [all, older, rejected].filter(Boolean).length;
  if (named !== 1 || (code !== '' && !(rejected && code in rejections))) return null;
  if (all) return 'all';
  if (older) return 'older';
  return code === '' ? 'rejected' : `rejected ${code}`;
}

const optionsOf: Record<string, readonly string[]> = {
  verify: ['originals', 'fix'],
  redevelop: ['all', 'older', 'rejected'],
};

const fits = (command: string, values: object): boolean =>
  Object.keys(values).every((name) => optionsOf[command]?.includes(name));

const isStore = (word: string): word is StoreKind => word === 'disk' || word === 's3';

async function carryOut(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, storageLine);
  const [command = '', from = '', to = ''] = words;
  const work = (tool: (tools: Tools) => Promise<number>) => withTools(readStorageSettings(), tool);
  const known = fits(command, values) ? command : '';
  if (known === 'verify' && words.length === 1)
    return work((tools) => verify(tools, { originals: values.originals ?? false, fix: values.fix ?? false }));
  if (known === 'migrate' && isStore(from) && isStore(to) && from !== to)
    return work((tools) => migrate(tools, from, to));
  const which = known === 'redevelop' && words.length <= 2 ? whichOf(values, from) : null;
  if (which) return work((tools) => redevelop(tools, which));
  throw new UsageError(`expected one of these but received "${args.join(' ')}"\n\n${storageLine.usage}`);
}

/** Returns an exit code. */
export const run = (args: readonly string[]): Promise<number> => told(() => carryOut(args));
