import { answerHelp } from '../../libs/platform/src/command-line.js';
import { ConfigError, readEdgeSettings } from '../../libs/platform/src/config.js';
import { nginxConfiguration } from './configuration.js';
import { readOptions, usage } from './options.js';

/** `npm run nginx`: prints the whole configuration of one NGINX. It holds the media keys: mode 600. */
try {
  answerHelp(process.argv.slice(2), usage);
  process.stdout.write(nginxConfiguration(readOptions(process.argv.slice(2)), readEdgeSettings()));
} catch (error) {
  const told = error instanceof ConfigError ? '' : `\n\n${usage}`;
  process.stderr.write(`nginx: ${error instanceof Error ? error.message : String(error)}${told}\n`);
  process.exitCode = 1;
}
