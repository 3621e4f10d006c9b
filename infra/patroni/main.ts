import { readFileSync } from 'node:fs';
import { answerHelp } from '../../libs/platform/src/command-line.js';
import { etcdEnvironment, haproxyConfiguration, patroniConfiguration } from './configuration.js';
import { readOptions, usage, type PartName, type PatroniOptions } from './options.js';
import { pgbouncerConfiguration } from './pgbouncer.js';

const configurations: Record<PartName, (options: PatroniOptions) => string> = {
  'patroni.yml': patroniConfiguration,
  'etcd.env': etcdEnvironment,
  'haproxy.cfg': haproxyConfiguration,
  'pgbouncer.ini': pgbouncerConfiguration,
};

/** `npm run patroni`: prints what one machine of a PostgreSQL that fails over needs, or one of its clients. */
try {
  answerHelp(process.argv.slice(2), usage);
  const [part, options] = readOptions(process.argv.slice(2), (file) => readFileSync(file, 'utf8'));
  process.stdout.write(configurations[part](options));
} catch (error) {
  process.stderr.write(`patroni: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
