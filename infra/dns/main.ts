import { answerHelp } from '../../libs/platform/src/command-line.js';
import { files } from './files.js';
import { readOptions, usage } from './options.js';
import { beside, watch } from './watch.js';

/** `npm run dns`: prints one file of PowerDNS, or watches the balancers for it. */
try {
  answerHelp(process.argv.slice(2), usage);
  const [part = '', ...args] = process.argv.slice(2);
  const print = files[part];
  if (print) process.stdout.write(print(readOptions(args)));
  else if (part === 'watch') {
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const options = readOptions(args.slice(0, end));
    if (end + 1 < args.length) beside(args.slice(end + 1));
    await watch(options);
  } else
    throw new Error(`expected one of ${[...Object.keys(files), 'watch'].join(', ')} but received "${part}"`);
} catch (error) {
  process.stderr.write(`dns: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exit(1);
}
