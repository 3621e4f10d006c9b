import { commands } from './commands.ts';
import { checkArguments, overview } from './help.ts';
import './orphan.mjs';
import { describe, say, warn } from './say.ts';

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];

if (['', 'help', '--help', '-h'].includes(name)) {
  say(overview());
} else if (command) {
  checkArguments(name, args);
  const code = await command(args).then(
    (result) => result ?? 0,
    (error: unknown) => {
      warn(describe(error));
      return 1;
    },
  );
  // Exits explicitly: a stop may leave pending requests that nothing waits for.
  process.exit(code);
} else {
  warn(`expected a command but received "${name}"\n\n${overview()}`);
  process.exitCode = 1;
}
