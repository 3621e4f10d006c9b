import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * Prints the configuration of Redis that fails over by itself: a few lines for each of three servers, and a whole file for each of
 * three sentinels. The fleet runs it. It imports nothing, so that it also runs as it stands here.
 */
const usage = `usage: redis server --password FILE --at HOST:PORT
       redis sentinel --password FILE --user-password FILE --name NAME --at HOST:PORT --primary HOST:PORT --dir FOLDER [--down-after 2000]
`;

/** Below this, a busy machine loses its primary for nothing: with 1000 ms there were two for 11 s, and half of all writes were lost. */
const LEAST = 2_000;

/** Two sentinels of three decide, so that the one beside a primary that is cut off decides nothing. */
const QUORUM = 2;

const required = (values: Record<string, string | undefined>, name: string): string => {
  const value = values[name];
  if (value === undefined || /[\s'"\\#]/.test(value))
    throw new Error(`expected --${name} and plain text but received "${value ?? 'nothing'}"`);
  return value;
};

const secret = (file: string): string => readFileSync(file, 'utf8').trim();

/** Where others reach it; a connection's own address may be another one of its machine. */
const placeOf = (values: Record<string, string | undefined>): string[] => required(values, 'at').split(':');

/** Each of the three may become the primary. One that no replica follows takes no writes: they would be lost with it. */
const server = ([host, port]: string[], password: string): string[] => [
  `replica-announce-ip ${host}`,
  `replica-announce-port ${port}`,
  `masterauth ${password}`,
  'min-replicas-to-write 1',
  'min-replicas-max-lag 2',
  'repl-diskless-sync-delay 0',
];

/** Api and worker may ask who the primary is, and hear of changes. */
const permissions =
  '-@all +auth +hello +ping +info +subscribe +unsubscribe +sentinel|get-master-addr-by-name +sentinel|master +sentinel|sentinels &*';

function sentinel(values: Record<string, string | undefined>, password: string): string[] {
  const [name, primary] = [required(values, 'name'), required(values, 'primary')];
  const downAfter = Number(values['down-after'] ?? LEAST);
  if (!(downAfter >= LEAST))
    throw new Error(`expected at least ${LEAST} ms for --down-after but received "${values['down-after']}"`);
  const [host, port] = placeOf(values);
  return [
    `bind ${host}`,
    `port ${port}`,
    `dir "${required(values, 'dir')}"`,
    'daemonize no',
    `requirepass ${password}`,
    `user narwhal on >${secret(required(values, 'user-password'))} ${permissions}`,
    `sentinel announce-ip ${host}`,
    `sentinel announce-port ${port}`,
    `sentinel sentinel-pass ${password}`,
    `sentinel monitor ${name} ${primary.replace(':', ' ')} ${QUORUM}`,
    `sentinel auth-pass ${name} ${password}`,
    `sentinel down-after-milliseconds ${name} ${downAfter}`,
    `sentinel failover-timeout ${name} 10000`,
    `sentinel parallel-syncs ${name} 1`,
  ];
}

try {
  const one = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      password: one,
      'user-password': one,
      name: one,
      at: one,
      primary: one,
      dir: one,
      'down-after': one,
    },
  });
  const [role] = positionals;
  if (role !== 'server' && role !== 'sentinel')
    throw new Error(`expected server or sentinel but received "${role ?? ''}"`);
  const password = secret(required(values, 'password'));
  const lines = role === 'server' ? server(placeOf(values), password) : sentinel(values, password);
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`redis: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
