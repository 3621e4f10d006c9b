import { readArguments, readStorageSettings, UsageError } from '@app/platform';
import { restoreLine } from '../command-lines.js';
import { told } from './backup.js';
import { backupTool, targetOf } from './backup-tool.js';

async function carryOut(args: readonly string[]): Promise<number> {
  const { to, into } = readArguments(args, restoreLine).values;
  const target = targetOf(to);
  if (!into) throw new UsageError(`expected --into FOLDER\n\n${restoreLine.usage}`);
  const tool = await backupTool(readStorageSettings());
  const server = await tool.restore(target, into);
  await server.stop();
  process.stdout.write(`restored into ${into}\n`);
  return 0;
}

/** Returns an exit code. */
export const run = (args: readonly string[]): Promise<number> => told(() => carryOut(args));
