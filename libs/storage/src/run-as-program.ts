import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether `node` was started with this very file (pass `import.meta.url`), rather than it being imported. */
export function isProgram(moduleUrl: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
