import { parseArgs } from 'node:util';

export interface Server {
  name: string;
  /** `host:port` */
  address: string;
  /** Configured, but not in use until an operator enables it on the socket. */
  spare: boolean;
}

/** An operator's options for one HAProxy. */
export interface HaproxyOptions {
  /** `address:port` for clients; TLS ends here. */
  bind: string;
  /** Certificate chain and key, one PEM file. */
  certificate: string;
  servers: Server[];
  /** The `address:port` of the page and the metrics for operators. */
  stats?: string;
  operators: string[];
  /** The file that contains the printed `servers.lua`. */
  lua: string;
  /** Its admin socket. */
  socket: string;
  /** The source address of requests to NGINX, on a machine with several. */
  source?: string;
  maxconn: string;
}

export const usage = `usage: npm run --silent haproxy -- servers.lua > FILE
       npm run --silent haproxy -- --bind ADDRESS:PORT --certificate FILE --socket FILE --lua FILE --nginx NAME=HOST:PORT ... > haproxy.cfg

  --spare NAME=HOST:PORT  an NGINX that is known but not in use: \`set server web/NAME state ready\` takes it in
  --stats ADDRESS:PORT    Prometheus' /metrics and a page, for the operators' networks
  --operators NETWORK     may be repeated; 127.0.0.0/8 without it
  --source ADDRESS        where requests to NGINX come from
  --maxconn NUMBER        20000 without it
`;

const unsafe = /[\s'"\\$#]/;

function server(text: string, spare: boolean): Server {
  const [name = '', address = ''] = text.split('=');
  if (!/^[a-z0-9-]+$/.test(name) || !/^[^=]+:\d+$/.test(address))
    throw new Error(`expected NAME=HOST:PORT of an NGINX but received "${text}"`);
  return { name, address, spare };
}

/** @throws Error that says which option is wrong */
export function readOptions(args: string[]): HaproxyOptions {
  const one = { type: 'string' } as const;
  const many = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({
    args,
    options: {
      bind: one,
      certificate: one,
      nginx: many,
      spare: many,
      stats: one,
      operators: many,
      socket: one,
      lua: one,
      source: one,
      maxconn: one,
    },
  });
  const bad = Object.values(values)
    .flat()
    .find((text) => unsafe.test(text));
  if (bad !== undefined) throw new Error(`expected plain text but received "${bad}"`);
  const { bind, certificate, socket, lua, nginx = [], spare = [] } = values;
  if (!bind || !certificate || !socket || !lua || nginx.length === 0)
    throw new Error('expected --bind, --certificate, --socket, --lua and at least one --nginx');
  return {
    bind,
    certificate,
    socket,
    lua,
    servers: [...nginx.map((text) => server(text, false)), ...spare.map((text) => server(text, true))],
    operators: values.operators ?? ['127.0.0.0/8'],
    maxconn: values.maxconn ?? '20000',
    ...(values.stats ? { stats: values.stats } : {}),
    ...(values.source ? { source: values.source } : {}),
  };
}
