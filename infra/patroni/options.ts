import { parseArgs } from 'node:util';

/** One of the machines that PostgreSQL runs on. */
export interface Member {
  name: string;
  host: string;
}

/** An operator's options for one node of the database, or for one machine of its clients. */
export interface PatroniOptions {
  members: Member[];
  /** Which of the members this machine is. */
  self: Member;
  /** Where etcd runs: on the members, unless others are named. */
  etcd: string[];
  /** The folder of PostgreSQL's data, of the passwords' file, and of PostgreSQL's programs. */
  data: string;
  passfile: string;
  programs: string;
  /** For PostgreSQL's Unix socket; none without it. */
  sockets: string;
  superuser: string;
  /** Password of superuser, replication and pg_rewind: the same on all members. */
  password: string;
  /** Of Patroni's own API, which travels unencrypted: the same on all members. */
  rest: string;
  /** The state of the cluster that this member of etcd joins: `new`, or `existing` where it replaces one that was lost. */
  state: string;
  /** The networks that api and worker connect from. */
  networks: string[];
  /** Settings of this machine's PostgreSQL alone. */
  parameters: Record<string, string>;
  /** Where HAProxy has the primary, and the synchronous replica; '' where there is none. */
  primary: string;
  replica: string;
  /** Where PgBouncer listens, and the file of its users. */
  listen: string;
  users: string;
}

export const parts = ['patroni.yml', 'etcd.env', 'haproxy.cfg', 'pgbouncer.ini'] as const;
export type PartName = (typeof parts)[number];

export const usage = `usage: npm run --silent patroni -- ${parts.join('|')} --member NAME=HOST --member ... [options]

  patroni.yml    --name NAME, --password FILE, --network CIDR (may be repeated); --etcd HOST (may be repeated; the members without it),
                 --rest FILE (the password of Patroni's API; --password without it),
                 --data FOLDER, --passfile FILE, --programs FOLDER, --sockets FOLDER, --superuser NAME, --parameter NAME=VALUE
  etcd.env       --name NAME; --state existing where it replaces a member that was lost
  haproxy.cfg    --primary HOST:PORT --replica HOST:PORT (127.0.0.1:5000 and 5001 without them)
  pgbouncer.ini  --listen HOST:PORT (127.0.0.1:6432), --users FILE; --primary and --replica as above
`;

const one = (preset = '') => ({ type: 'string', default: preset }) as const;
const many = { type: 'string', multiple: true, default: [] as string[] } as const;
/** Where HAProxy listens beside an api or worker. */
const beside = { primary: '127.0.0.1:5000', replica: '127.0.0.1:5001' };
const known = {
  member: many,
  name: one(),
  etcd: many,
  data: one('/var/lib/postgresql/narwhal'),
  passfile: one('/var/lib/postgresql/narwhal.pgpass'),
  programs: one('/usr/bin'),
  sockets: one(),
  superuser: one('postgres'),
  password: one(),
  rest: one(),
  state: one('new'),
  network: many,
  parameter: many,
  primary: one(beside.primary),
  replica: one(),
  listen: one('127.0.0.1:6432'),
  users: one('/etc/pgbouncer/narwhal-users'),
} as const;

function pair(text: string, of: string): [string, string] {
  const [, name, value] = /^([a-z0-9_-]+)=([A-Za-z0-9.:_-]+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`expected ${of} but received "${text}"`);
  return [name, value];
}

function refuseWhatLacks(
  part: PartName,
  members: Member[],
  self: Member | undefined,
  password: string,
): void {
  const isNode = part === 'patroni.yml' || part === 'etcd.env';
  if (part !== 'pgbouncer.ini' && members.length === 0) throw new Error('expected at least one --member');
  if (isNode && !self) throw new Error('expected --name of one of the members');
  if (part === 'patroni.yml' && password === '') throw new Error('expected --password FILE');
}

/** @throws Error that says which option is wrong */
export function readOptions(args: string[], read: (file: string) => string): [PartName, PatroniOptions] {
  const { values, positionals } = parseArgs({ args, options: known, allowPositionals: true });
  const part = parts.find((each) => each === positionals.join(' '));
  if (!part) throw new Error(`expected one of ${parts.join(', ')} but received "${positionals.join(' ')}"`);
  const bad = Object.values(values)
    .flat()
    .find((text) => /[\s'"\\$#]/.test(text));
  if (bad !== undefined) throw new Error(`expected plain text but received "${bad}"`);
  const members = values.member.map((text) => {
    const [name, host] = pair(text, 'NAME=HOST of a member');
    return { name, host };
  });
  const self = members.find(({ name }) => name === values.name);
  refuseWhatLacks(part, members, self, values.password);
  const secret = (file: string) => (file === '' ? '' : read(file).trim());
  const parameters = values.parameter.map((text) => pair(text, 'NAME=VALUE of a setting of PostgreSQL'));
  return [
    part,
    {
      ...values,
      members,
      self: self ?? { name: '', host: '' },
      etcd: values.etcd.length > 0 ? values.etcd : members.map(({ host }) => host),
      password: secret(values.password),
      rest: secret(values.rest || values.password),
      networks: values.network,
      parameters: Object.fromEntries(parameters),
      // A PostgreSQL that is named by itself has none.
      replica: values.replica || (values.primary === beside.primary ? beside.replica : ''),
    },
  ];
}
