import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { environmentWith, readArguments, readStorageSettings, UsageError } from '@app/platform';
import { restoreLine } from '../command-lines.js';
import { told } from '../refused.js';
import { targetOf } from './backup-tool.js';
import { backupTool } from './open-tool.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Holds every row of the restored database against its objects; changes none, since the original may still serve. Returns an exit code. */
async function verifyObjects(url: string): Promise<number> {
  const env = environmentWith({
    DATABASE_URL: url,
    DATABASE_DIRECT_URL: '',
    DATABASE_URL_FILE: '',
    DATABASE_DIRECT_URL_FILE: '',
  });
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'storage', 'verify'], {
    stdio: 'inherit',
    env,
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

async function carryOut(args: readonly string[]): Promise<number> {
  const { to, into, cluster } = readArguments(args, restoreLine).values;
  const target = targetOf(to);
  if (!into) throw new UsageError(`expected --into FOLDER\n\n${restoreLine.usage}`);
  const tool = await backupTool(readStorageSettings());
  const server = await tool.restore(target, into, cluster);
  say(`restored into ${into}; its photos:`);
  const code = await verifyObjects(server.url).finally(() => server.stop());
  say(server.next);
  return code;
}

/** Returns an exit code. */
export const run = (args: readonly string[]): Promise<number> => told(() => carryOut(args));
