import { parseArgs } from 'node:util';

export const usage = `usage: npm run --silent dns -- pdns.conf|named.conf|zone --name NAME --listen ADDRESS:PORT --balancer ADDRESS ... --folder FOLDER
       npm run --silent dns -- watch --name NAME --listen ADDRESS:PORT --balancer ADDRESS ... --folder FOLDER [-- COMMAND ...]

  --port PORT  of the balancers, 443 without it     --ttl SECONDS  5 without it
  COMMAND      runs as long as the watching does, and the other way round
`;

export interface DnsOptions {
  /** The name that clients resolve. */
  name: string;
  /** The `address:port` on which DNS listens. */
  listen: string;
  /** The balancers' addresses. */
  balancers: string[];
  /** The folder of PowerDNS' files and of the watcher's result. */
  folder: string;
  /** The balancers' port. */
  port: string;
  /** The TTL of an answer in seconds. */
  ttl: string;
}

/** @throws Error that names the missing option */
export function readOptions(args: string[]): DnsOptions {
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
