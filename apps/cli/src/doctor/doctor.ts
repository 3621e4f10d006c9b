import {
  ConfigError,
  isInstalled,
  readArgumentsOrExit,
  readConfig,
  version,
  type Config,
} from '@app/platform';
import { doctorLine } from '../command-lines.js';
import { fault, ok, type Finding } from './finding.js';
import {
  certificate,
  decoderWall,
  installation,
  mails,
  patroni,
  ports,
  strangeSettings,
  webServer,
} from './machine.js';
import { identityProviders } from './providers.js';
import { disks, postgres, redis } from './stores.js';

/**
 * `narwhal doctor`: checks a machine and its configuration, changes nothing, and says in a sentence each what is wrong and
 * how to fix it. Exits with 0 when it finds no fault, otherwise with 1.
 */
function settings(): { findings: Finding[]; config: Config | null } {
  try {
    return { findings: [ok('the configuration can be read')], config: readConfig() };
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      const { code, path = '' } = error as NodeJS.ErrnoException;
      return {
        findings: [
          fault(
            `A file of the configuration cannot be read (${code} ${path}): ${isInstalled ? 'run this with sudo, or fix it' : 'fix it'}.`,
          ),
        ],
        config: null,
      };
    }
    const [, ...lines] = error.message.split('\n');
    const where = isInstalled
      ? 'correct it in /etc/narwhal/local.env (or in the environment)'
      : 'correct it in the environment';
    return { findings: lines.map((line) => fault(`Setting ${line.trim()}: ${where}.`)), config: null };
  }
}

const marks = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' };
const say = ({ level, text }: Finding): void => void process.stdout.write(`${marks[level]}  ${text}\n`);

async function examine(): Promise<Finding[]> {
  const { findings, config } = settings();
  const looks = config
    ? [
        postgres(config),
        redis(config),
        disks(config),
        decoderWall(),
        ports(config),
        Promise.resolve(mails(config)),
        identityProviders(config),
        ...(isInstalled ? [webServer(), certificate()] : []),
      ]
    : [];
  return [
    ...(isInstalled ? await installation() : []),
    ...(isInstalled ? await patroni() : []),
    ...findings,
    ...(isInstalled ? await strangeSettings() : []),
    ...(await Promise.all(looks)).flat(),
  ];
}

/** Returns an exit code. */
export async function run(args: readonly string[]): Promise<number> {
  readArgumentsOrExit(args, doctorLine);
  process.stdout.write(
    `Narwhal ${version}, Node ${process.versions.node}, ${process.arch}${isInstalled ? '' : ', in a clone'}\n`,
  );
  const findings = await examine();
  findings.forEach(say);
  const count = findings.filter(({ level }) => level === 'fault').length;
  process.stdout.write(count === 0 ? 'No faults.\n' : `${count} ${count === 1 ? 'fault' : 'faults'}.\n`);
  return count === 0 ? 0 : 1;
}
