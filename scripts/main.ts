import { commands } from './commands.ts';
import './orphan.mjs';
import { describe, warn } from './say.ts';

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];

if (command) {
  const code = await command(args).then(
    (result) => result ?? 0,
    (error: unknown) => {
      warn(describe(error));
      return 1;
    },
  );
  // Called rather than left to happen: a stop may leave requests behind that nobody waits for any more.
  process.exit(code);
} else {
  warn(`expected one of ${Object.keys(commands).join(', ')} but received "${name}"`);
  process.exitCode = 1;
}
