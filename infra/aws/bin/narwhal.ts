import { parseArgs } from 'node:util';
import { narwhal } from '../lib/app.ts';
import { SettingsError } from '../lib/settings.ts';

/**
 * What `cdk synth` runs, and `npm run synth -- -c domain=photos.example.org` without the CLI. `app.synth` throws on a
 * finding without a reason.
 */
const { values } = parseArgs({ options: { context: { type: 'string', short: 'c', multiple: true } } });
const context = Object.fromEntries(
  (values.context ?? []).map((entry) => {
    const [name = '', ...value] = entry.split('=');
    return [name, value.join('=')];
  }),
);

try {
  narwhal({ context, outdir: new URL('../cdk.out', import.meta.url).pathname }).app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
