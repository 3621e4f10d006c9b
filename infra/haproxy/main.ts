import { answerHelp } from '../../libs/platform/src/command-line.js';
import { ConfigError, readEdgeSettings } from '../../libs/platform/src/config.js';
import { cutOffScript } from './cut-off.js';
import { haproxyConfiguration } from './configuration.js';
import { killedScript } from './killed.js';
import { readOptions, usage } from './options.js';

/** `npm run haproxy`: prints the whole configuration of one HAProxy, or a script that it loads. */
try {
  answerHelp(process.argv.slice(2), usage);
  const args = process.argv.slice(2);
  process.stdout.write(
    args[0] === 'servers.lua'
      ? `${cutOffScript}\n${killedScript}`
      : haproxyConfiguration(readOptions(args), readEdgeSettings()),
  );
} catch (error) {
  const told = error instanceof ConfigError ? '' : `\n\n${usage}`;
  process.stderr.write(`haproxy: ${error instanceof Error ? error.message : String(error)}${told}\n`);
  process.exitCode = 1;
}
