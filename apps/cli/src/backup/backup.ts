import { readArguments, readStorageSettings, UsageError } from '@app/platform';
import { BackupRows, Database, openDataSource, type BackupKind } from '@app/storage/database';
import { backupLine } from '../command-lines.js';
import type { Backup, BackupTool } from './backup-tool.js';
import { told } from '../refused.js';
import { backupTool } from './open-tool.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const inMB = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** One outcome for operators: what was done, or why not. */
export interface Outcome {
  good: boolean;
  sentence: string;
  bytes?: number;
}

/** A failure in words for its reader: the program's own refusal, else the error, on one line. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] || 'it failed, and did not say why';
}

/** Records how it ended where operators see it; an outcome that cannot be recorded is still told here. */
async function recorded(kind: BackupKind, work: () => Promise<Outcome>): Promise<number> {
  const begunAt = new Date();
  const outcome = await work().catch((error: unknown): Outcome => ({
    good: false,
    sentence: sentenceOf(error),
  }));
  const { DATABASE_DIRECT_URL, DATABASE_URL } = readStorageSettings();
  try {
    const source = await openDataSource({ url: DATABASE_DIRECT_URL ?? DATABASE_URL, name: 'narwhal-backup' });
    await new BackupRows(new Database(source)).record({ kind, begunAt, ...outcome });
    await source.destroy();
  } catch (error) {
    process.stderr.write(`how it ended could not be recorded: ${sentenceOf(error)}\n`);
  }
  if (outcome.good) say(outcome.sentence);
  else process.stderr.write(`${outcome.sentence}\n`);
  return outcome.good ? 0 : 1;
}

async function make(tool: BackupTool): Promise<Outcome> {
  const { name, bytes, begunAt, endedAt } = await tool.make();
  const seconds = ((endedAt.getTime() - begunAt.getTime()) / 1000).toFixed(1);
  return { good: true, bytes, sentence: `${name}: ${inMB(bytes)} in ${seconds} s` };
}

async function verify(tool: BackupTool): Promise<Outcome> {
  const faults = await tool.verify();
  for (const fault of faults) say(fault);
  const good = faults.length === 0;
  const rest = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return {
    good,
    sentence: good ? 'every backup and all WAL since the oldest are whole' : `${faults[0]}${rest}`,
  };
}

/** Restores to later times begin with the next backup: where WAL is missing, it is made at once. */
async function lookAtWal(tool: BackupTool): Promise<number> {
  let missing: string[] = [];
  const code = await recorded('wal', async () => {
    missing = await tool.missing();
    const [first = 'all WAL since the newest backup is in the archive'] = missing;
    return { good: missing.length === 0, sentence: first };
  });
  if (missing.length > 0) await recorded('backup', () => make(tool));
  return code;
}

const line = ({ name, endedAt, bytes }: Backup): string =>
  `${name}  complete ${endedAt.toISOString()}  ${inMB(bytes)}`;

async function list(tool: BackupTool): Promise<number> {
  const backups = await tool.list();
  const several = new Set(backups.map(({ system }) => system)).size > 1;
  for (const backup of backups) say(`${line(backup)}${several ? `  cluster ${backup.system}` : ''}`);
  if (backups.length === 0) say('no complete backup');
  return backups.length === 0 ? 1 : 0;
}

async function carryOut(args: readonly string[]): Promise<number> {
  const { words } = readArguments(args, backupLine);
  const [command = 'make', place = ''] = words;
  const tool = () => backupTool(readStorageSettings(), place);
  if (command === 'make') return recorded('backup', async () => make(await tool()));
  if (command === 'list') return list(await tool());
  if (command === 'verify') return recorded('verify', async () => verify(await tool()));
  if (command === 'drill') {
    const { drill } = await import('./drill.js');
    return recorded('drill', async () => drill(await tool(), readStorageSettings()));
  }
  if (command === 'wal') return lookAtWal(await tool());
  if (command === 'keep') return (await import('./own/keeping.js')).keep(readStorageSettings(), place);
  throw new UsageError(
    `expected make, list, verify, drill or wal but received "${command}"\n\n${backupLine.usage}`,
  );
}

/** Returns an exit code. */
export const run = (args: readonly string[]): Promise<number> => told(() => carryOut(args));
