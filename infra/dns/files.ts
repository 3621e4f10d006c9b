import type { DnsOptions } from './options.js';

/** Seconds after which the watcher's file is stale: it writes once a second. */
const BELIEVED = 3;

/** No cache: the next answer must use the latest check. */
function server({ listen, folder }: DnsOptions): string {
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
 * Every healthy balancer, in changing order; all of them when none is, since a wrong check must not take the whole site down.
 * The watcher determines which are healthy (`watch.ts`); without it, PowerDNS' own checks do, which take up to two seconds to
 * detect a lost one. They run all the time, since otherwise the first query after a pause would return all. `ifurlup` does
 * not check certificates.
 */
function recordOf({ name, balancers, folder, port }: DnsOptions): string {
  const all = balancers.map((balancer) => `'${balancer}'`).join(',');
  return [
    `;local asked=ifurlup('https://${name}:${port}/health/balancer', {${all}}, {timeout=1, selector='all', backupSelector='all'})`,
    `local file=io.open('${folder}/healthy')`,
    'if not file then return asked end',
    "local at,found=file:read('*n'),{}",
    "for address in file:read('*a'):gmatch('%S+') do found[#found+1]=address end",
    'file:close()',
    `if not at or os.time()-at>${BELIEVED} or #found==0 then return asked end`,
    'return found',
  ].join(' ');
}

function zone(options: DnsOptions): string {
  const { name, listen, ttl } = options;
  const [address = ''] = listen.split(':');
  return `$ORIGIN ${name}.
$TTL ${ttl}
@   IN SOA ns1 hostmaster 1 3600 600 86400 ${ttl}
@   IN NS  ns1
ns1 IN A   ${address}
@   ${ttl} IN LUA A "${recordOf(options)}"
www ${ttl} IN LUA A "${recordOf(options)}"
`;
}

/** Each file of PowerDNS by its name. */
export const files: Record<string, (options: DnsOptions) => string> = {
  'pdns.conf': server,
  'named.conf': ({ name, folder }) => `zone "${name}" { type master; file "${folder}/zone"; };\n`,
  zone,
};
