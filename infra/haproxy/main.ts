import { ConfigError, readEdgeSettings } from '../../libs/platform/src/config.js';
import { haproxyConfiguration } from './configuration.js';
import { readOptions, usage } from './options.js';

/** `npm run haproxy`: prints the whole configuration of one HAProxy. */
try {
  process.stdout.write(haproxyConfiguration(readOptions(process.argv.slice(2)), readEdgeSettings()));
} catch (error) {
  const told = error instanceof ConfigError ? '' : `\n\n${usage}`;
  process.stderr.write(`haproxy: ${error instanceof Error ? error.message : String(error)}${told}\n`);
  process.exitCode = 1;
}
