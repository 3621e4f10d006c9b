import type { PatroniOptions } from './options.js';

const REST = 8008;
const POSTGRES = 5432;
const ETCD = { clients: 2379, members: 2380 };

/**
 * All of it was measured (docs/decisions/0060). A leader that is silent for `ttl` seconds is replaced; one whose PostgreSQL was
 * killed is not started again first. Each confirmed write is on the synchronous replica's disk, and no other replica is promoted.
 */
const cluster = {
  ttl: 10,
  loop_wait: 1,
  retry_timeout: 3,
  primary_start_timeout: 0,
  primary_stop_timeout: 3,
  synchronous_mode: true,
  // Off: with one machine left it goes on, and says so, rather than refuse writes.
  synchronous_mode_strict: false,
  // While all of etcd is away the primary stays, as long as it reaches every replica.
  failsafe_mode: true,
  postgresql: {
    use_pg_rewind: true,
    use_slots: true,
    parameters: {
      wal_log_hints: 'on',
      // Patroni drops the slot of a node that is away: within this much it follows again by itself, beyond it is copied anew.
      wal_keep_size: '4GB',
      // A slot fills no disk.
      max_slot_wal_keep_size: '8GB',
      wal_sender_timeout: '3s',
      wal_receiver_timeout: '3s',
      max_connections: 200,
      hot_standby_feedback: 'on',
      // A transaction of a hung process holds its locks no longer than a client waits for them.
      idle_in_transaction_session_timeout: '4s',
      // Never statement_timeout: when it ends a commit's wait for the replica, PostgreSQL confirms that commit with a mere warning.
    },
  },
};

/** Members replicate from and rewind to each other; api and worker have two roles; nobody else connects from outside. */
function accessLines({ members, self, networks, superuser, sockets }: PatroniOptions): string[] {
  const own = [`host all ${superuser} ${self.host}/32 scram-sha-256`];
  const local = sockets === '' ? [] : ['local all all peer'];
  const others = members.flatMap(({ host }) => [
    `host replication replicator ${host}/32 scram-sha-256`,
    `host postgres rewinder ${host}/32 scram-sha-256`,
  ]);
  const clients = networks.map((network) => `host all narwhal,narwhal_serving ${network} scram-sha-256`);
  return [...local, ...own, ...others, ...clients];
}

/** JSON is YAML, too, and needs no rules of quoting. */
export function patroniConfiguration(options: PatroniOptions): string {
  const { self, etcd, data, programs, password, rest, sockets, superuser, passfile } = options;
  const api = `${self.host}:${REST}`;
  const address = `${self.host}:${POSTGRES}`;
  const configuration = {
    scope: 'narwhal',
    name: self.name,
    restapi: { listen: api, connect_address: api, authentication: { username: 'patroni', password: rest } },
    // Not etcd3: Patroni 3.0.2 loses confirmed writes with it when a primary hangs.
    etcd: { hosts: etcd.map((host) => `${host}:${ETCD.clients}`) },
    bootstrap: {
      dcs: cluster,
      initdb: ['data-checksums', { encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
    },
    postgresql: {
      listen: address,
      connect_address: address,
      data_dir: data,
      bin_dir: programs,
      pgpass: passfile,
      basebackup: { checkpoint: 'fast' },
      authentication: {
        superuser: { username: superuser, password },
        replication: { username: 'replicator', password },
        rewind: { username: 'rewinder', password },
      },
      pg_hba: accessLines(options),
      parameters: { unix_socket_directories: sockets, ...options.parameters },
    },
    watchdog: { mode: 'automatic' },
  };
  return `# Made by \`npm run patroni\`.\n${JSON.stringify(configuration, null, 2)}\n`;
}

/** The environment of one member of etcd. */
export function etcdEnvironment({ members, self, state }: PatroniOptions): string {
  const at = (host: string, port: number) => `http://${host}:${port}`;
  const values = {
    NAME: self.name,
    DATA_DIR: '/var/lib/etcd/narwhal',
    LISTEN_CLIENT_URLS: at(self.host, ETCD.clients),
    ADVERTISE_CLIENT_URLS: at(self.host, ETCD.clients),
    LISTEN_PEER_URLS: at(self.host, ETCD.members),
    INITIAL_ADVERTISE_PEER_URLS: at(self.host, ETCD.members),
    INITIAL_CLUSTER: members.map(({ name, host }) => `${name}=${at(host, ETCD.members)}`).join(','),
    INITIAL_CLUSTER_TOKEN: 'narwhal',
    INITIAL_CLUSTER_STATE: state,
    ENABLE_V2: 'true',
  };
  return Object.entries(values)
    .map(([name, value]) => `ETCD_${name}=${value}\n`)
    .join('');
}

/** OPTIONS, since each GET of a member that is not the one asked for is a traceback in Patroni's log. */
function listen(name: string, bind: string, path: string, { members }: PatroniOptions, checks = ''): string {
  const servers = members.map((each) => `  server ${each.name} ${each.host}:${POSTGRES}${checks}`);
  return `listen ${name}
  bind ${bind}
  option httpchk
  http-check send meth OPTIONS uri ${path}
  http-check expect status 200
${servers.join('\n')}
`;
}

/** Which member is the primary changes; this HAProxy, on each machine of api or worker, asks Patroni every second. */
export function haproxyConfiguration(options: PatroniOptions): string {
  return `# Narwhal's way to PostgreSQL, generated by \`npm run patroni\`.
global
  maxconn 4000
  log stdout format raw local0 notice
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout check 1s
  # An idle connection is kept: PgBouncer closes its own, and a migration may take hours.
  timeout client 1d
  timeout server 1d
  option clitcpka
  option srvtcpka
  # Connections to a primary that leads no more are cut, so that nobody waits for it.
  default-server check inter 1s fastinter 250ms downinter 500ms fall 2 rise 1 on-marked-down shutdown-sessions port ${REST}

${listen('primary', options.primary, '/primary', options)}
# Not /replica: the other one may lack what was confirmed. One that is synchronous no more may lack it soon.
${listen('replica', options.replica, '/synchronous', options, ' inter 250ms fall 1')}`;
}
