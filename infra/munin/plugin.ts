import { config, fetchValues, parts } from './graphs.js';
import { scrapeAll, spanSince } from './state.js';
import { dirtyConfig, part, stateFile, urls } from './settings.js';

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

async function autoconf(): Promise<void> {
  say((await scrapeAll(urls)) ? 'yes' : `no (nothing answers at ${urls.join(', ')})`);
}

/** Without an answer the graphs are still printed, and every value is `U`. */
async function run(command: string): Promise<void> {
  const found = await scrapeAll(urls);
  const scrape = found ?? new Map();
  if (command === 'config') {
    const dirty = dirtyConfig ? (found ? spanSince(stateFile, found) : null) : undefined;
    say(config(part, scrape, dirty));
  } else say(fetchValues(part, scrape, found ? spanSince(stateFile, found) : null));
}

/** `autoconf`, `suggest`, `config`, or nothing for the values: Munin's plugin of one part of the catalogue. */
const command = process.argv[2] ?? '';
if (command === 'autoconf') await autoconf();
else if (command === 'suggest') say(parts.join('\n'));
else if (!parts.includes(part)) {
  process.stderr.write(
    `expected to be linked as narwhal_<${parts.join('|')}> but was run as ${process.argv[1] ?? ''}\n`,
  );
  process.exitCode = 1;
} else await run(command);
