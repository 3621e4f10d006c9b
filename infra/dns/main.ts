import { parseArgs } from 'node:util';

const usage = `usage: npm run --silent dns -- pdns.conf|named.conf|zone --name NAME --listen ADDRESS:PORT --balancer ADDRESS ... --folder FOLDER

  --port PORT  of the balancers, 443 without it     --ttl SECONDS  5 without it
`;

interface Options {
  name: string;
  listen: string;
  balancers: string[];
  folder: string;
  port: string;
  ttl: string;
}

/** @throws Error that says what is missing */
function readOptions(args: string[]): Options {
  const one = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      name: one,
      listen: one,
      balancer: { type: 'string', multiple: true },
      folder: one,
      port: one,
      ttl: one,
    },
  });
  const { name, listen, balancer, folder, port = '443', ttl = '5' } = values;
  if (!name || !listen || !balancer || !folder)
    throw new Error('expected --name, --listen, --folder and at least one --balancer');
  const bad = [name, listen, folder, port, ttl, ...balancer].find(
    (text) => !/^[A-Za-z0-9:./_-]+$/.test(text),
  );
  if (bad !== undefined) throw new Error(`expected plain text but received "${bad}"`);
  return { name, listen, balancers: balancer, folder, port, ttl };
}

/** No cache of its own: what a check found out has to be the next answer. */
function server({ listen, folder }: Options): string {
  const [address = '', port = '53'] = listen.split(':');
  return `launch=bind
bind-config=${folder}/named.conf
local-address=${address}
local-port=${port}
socket-dir=${folder}
daemon=no
guardian=no
enable-lua-records=yes
lua-health-checks-interval=1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
consistent-backends=yes
`;
}

/**
 * Every balancer that is healthy, in changing order; all of them when none is, since a wrong check must not take the whole site
 * away. `ifurlup` does not look at certificates. Checks of a name begin with its first query, which is answered with all.
 */
function zone({ name, listen, balancers, port, ttl }: Options): string {
  const [address = ''] = listen.split(':');
  const all = balancers.map((balancer) => `'${balancer}'`).join(',');
  const check = `ifurlup('https://${name}:${port}/health/balancer', {${all}}, {timeout=1, selector='all', backupSelector='all'})`;
  return `$ORIGIN ${name}.
$TTL ${ttl}
@   IN SOA ns1 hostmaster 1 3600 600 86400 ${ttl}
@   IN NS  ns1
ns1 IN A   ${address}
@   ${ttl} IN LUA A "${check}"
www ${ttl} IN LUA A "${check}"
`;
}

const parts: Record<string, (options: Options) => string> = {
  'pdns.conf': server,
  'named.conf': ({ name, folder }) => `zone "${name}" { type master; file "${folder}/zone"; };\n`,
  zone,
};

/** `npm run dns`: prints one file of PowerDNS. */
try {
  const [part = '', ...args] = process.argv.slice(2);
  const print = parts[part];
  if (!print) throw new Error(`expected one of ${Object.keys(parts).join(', ')} but received "${part}"`);
  process.stdout.write(print(readOptions(args)));
} catch (error) {
  process.stderr.write(`dns: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
