import { parseArgs } from 'node:util';

/** An operator's options for one NGINX; the rest comes from the applications' own settings and limits. */
export interface NginxOptions {
  /** The `address:port` for the balancer's requests. */
  listen: string;
  /** The `address:port` for clients by HTTPS; `listen` then only sends them there. */
  tls?: string;
  /** The folder of `fullchain.pem` and `privkey.pem`. */
  certificate?: string;
  /** The folder in which whoever gives certificates finds its answers (`certbot --webroot`). */
  challenges?: string;
  /** The `address:port` of `stub_status`, which only the operators' networks may read; none by default. */
  status?: string;
  /** The `host:port` of every api process. */
  apis: string[];
  /** Addresses and networks (CIDR) whose X-Forwarded-* count: the balancers. */
  trust: string[];
  /** Networks that may reach /admin, /metrics and the status page. */
  operators: string[];
  /** The folder of its logs, temporary bodies and cache. */
  folder: string;
  /** The source address of requests to the api, where a machine has several. */
  source?: string;
  /** The user of its workers, who has to be able to read the disk store; NGINX's own by default. */
  user?: string;
  workers: string;
  /** The folder of NGINX's brotli modules, where they are installed. */
  brotli?: string;
  /** The status for "no api answered": 502 for a balancer that then tries another NGINX, and itself answers 503. */
  away: string;
}

const optional = ['tls', 'certificate', 'challenges', 'status', 'source', 'user', 'brotli'] as const;
const texts = ['listen', 'folder', 'workers', 'away', ...optional] as const;
const lists = ['api', 'trust', 'operators'] as const;

export const usage = `usage: npm run --silent nginx -- --listen ADDRESS:PORT --api HOST:PORT [--api HOST:PORT ...] > nginx.conf

  --trust NETWORK       a balancer, or its network (CIDR), whose X-Forwarded-For counts; may be repeated
  --operators NETWORK   may reach /admin, /metrics and the status page; may be repeated; 127.0.0.1 without it
  --tls ADDRESS:PORT    for clients by HTTPS; --listen sends them there
  --certificate FOLDER  of fullchain.pem and privkey.pem, for --tls
  --challenges FOLDER   answers /.well-known/acme-challenge/ at --listen (certbot certonly --webroot -w FOLDER)
  --status ADDRESS:PORT where stub_status is served
  --folder FOLDER       for logs, spilled bodies, the cache; /var/lib/nginx without it
  --source ADDRESS      where requests to the api come from
  --user NAME           whom the workers run as
  --workers NUMBER      auto without it
  --brotli FOLDER       of the brotli modules
  --away 502            for a balancer that tries another NGINX then (infra/haproxy does); 503 without it

MEDIA_KEYS, STORAGE_DIR, S3_BUCKET, CORS_ORIGINS and RATE_LIMITS are read from the environment, as the api reads them.
`;

/** Characters that a configuration cannot contain: they would end a directive and begin another. */
const unsafe = /[\s;{}'"\\$#]/;

/** @throws Error that says which option is wrong */
export function readOptions(args: string[]): NginxOptions {
  const options = {
    ...Object.fromEntries(texts.map((name) => [name, { type: 'string' as const }])),
    ...Object.fromEntries(lists.map((name) => [name, { type: 'string' as const, multiple: true as const }])),
  };
  const { values } = parseArgs({ args, options, strict: true });
  for (const [name, value] of Object.entries(values)) {
    const bad = [value].flat().find((text) => unsafe.test(text ?? ''));
    if (bad !== undefined) throw new Error(`expected plain text for --${name} but received "${bad}"`);
  }
  const text = (name: (typeof texts)[number]) => values[name];
  const list = (name: (typeof lists)[number]) => (values[name] as string[] | undefined) ?? [];
  const listen = text('listen');
  if (!listen || list('api').length === 0) throw new Error('expected --listen and at least one --api');
  if (text('tls') && !text('certificate')) throw new Error('expected --certificate FOLDER with --tls');
  return {
    listen,
    apis: list('api'),
    trust: list('trust'),
    operators: values['operators'] ? list('operators') : ['127.0.0.1'],
    folder: text('folder') ?? '/var/lib/nginx',
    workers: text('workers') ?? 'auto',
    away: text('away') ?? '503',
    ...Object.fromEntries(optional.flatMap((name) => (text(name) === undefined ? [] : [[name, text(name)]]))),
  };
}
