import type { PatroniOptions } from './options.js';

/** Transaction mode: many api and worker processes share a few database sessions, so none may hold state. */
export function pgbouncerConfiguration({ listen, users, primary, replica }: PatroniOptions): string {
  const databases = { narwhal: primary, ...(replica && { narwhal_replica: replica }) };
  const lines = Object.entries(databases).map(([name, address]) => {
    const [host, port] = address.split(':');
    return `${name} = host=${host} port=${port} dbname=narwhal`;
  });
  const [host, port] = listen.split(':');
  return `[databases]
${lines.join('\n')}
[pgbouncer]
listen_addr = ${host}
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
admin_users = narwhal
pool_mode = transaction
max_client_conn = 2000
default_pool_size = 24
server_connect_timeout = 2
server_login_retry = 0.3
query_wait_timeout = 10
ignore_startup_parameters = extra_float_digits,options
log_connections = 0
log_disconnections = 0
`;
}
