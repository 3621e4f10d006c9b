import { parseArgs } from 'node:util';

/** Whether this is the Debian package's installation, or a clone. Commands, and the advice on a fault, differ between the two. */
export const isInstalled = import.meta.dirname.startsWith('/usr/lib/narwhal/');

/** Converts a text's commands from a clone's spelling to the one typed here. */
export const asTyped = (text: string, installed = isInstalled): string =>
  installed ? text.replace(/npm run ([\w:]+)(?: --(?= ))?/g, 'narwhal $1') : text;

/** A command's arguments. The launcher, which runs without a compiler, reads it too: so this file imports nothing of ours. */
export interface CommandLine {
  /** The text of `--help`. */
  usage: string;
  options?: Record<string, { type: 'boolean' | 'string'; multiple?: boolean }>;
  /** How many words may follow besides options; none by default. */
  words?: number;
}

type Value<Option> = Option extends { multiple: true }
  ? string[]
  : Option extends { type: 'string' }
    ? string
    : boolean;

export interface Arguments<Line extends CommandLine> {
  values: { [Name in keyof Line['options']]?: Value<Line['options'][Name]> };
  words: string[];
}

/** Thrown instead of a result: the requested help, or a refusal followed by the help. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly asked: boolean;

  constructor(text: string, asked = false) {
    super(text);
    this.asked = asked;
  }
}

/** @throws UsageError for `--help`, and for arguments that the command does not know */
export function readArguments<const Line extends CommandLine>(
  args: readonly string[],
  line: Line,
): Arguments<Line> {
  const { usage, words: most = 0 } = line;
  const options = { ...line.options, help: { type: 'boolean' as const, short: 'h' } };
  const refuse = (sentence: string): never => {
    throw new UsageError(`${sentence}\n\n${usage.trimEnd()}`);
  };
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help'))
    throw new UsageError(usage.trimEnd(), true);
  const known = Object.keys(line.options ?? {}).map((name) => `--${name}`);
  for (const token of tokens) {
    if (token.kind !== 'option' || known.includes(`--${token.name}`)) continue;
    const wanted = known.length > 0 ? `one of ${known.join(', ')}` : 'no option';
    refuse(`expected ${wanted} but received "${token.rawName}"`);
  }
  const found = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const extra = found[most];
  if (extra !== undefined)
    refuse(`expected ${most === 0 ? 'no' : `at most ${most}`} words but received "${extra}"`);
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Arguments<Line>['values'], words: found };
  } catch (error) {
    // A missing value, or one too many; Node names the option.
    return refuse((error as Error).message.split('\n')[0] ?? '');
  }
}

/** Like `readArguments`, for a program's start: help goes to standard output (exit code 0), a refusal to standard error (64, EX_USAGE). */
export function readArgumentsOrExit<const Line extends CommandLine>(
  args: readonly string[],
  line: Line,
): Arguments<Line> {
  try {
    return readArguments(args, line);
  } catch (error) {
    exitForUsage(error);
  }
}

/** Ends the program after `--help` or unknown arguments; rethrows any other error. */
export function exitForUsage(error: unknown): never {
  if (!(error instanceof UsageError)) throw error;
  (error.asked ? process.stdout : process.stderr).write(`${asTyped(error.message)}\n`);
  process.exit(error.asked ? 0 : 64);
}

/** For a program that reads its other arguments itself: prints its help and exits if `--help` is among them. */
export function answerHelp(args: readonly string[], usage: string): void {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (own.includes('--help') || own.includes('-h')) exitForUsage(new UsageError(usage.trimEnd(), true));
}
