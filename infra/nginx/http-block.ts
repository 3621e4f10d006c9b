import type { EdgeSettings } from '../../libs/platform/src/config.js';
import { limits } from '../../libs/platform/src/limits.js';
import { mediaMaps, mediaCache } from './media.js';
import type { NginxOptions } from './options.js';
import { tooLargeMap } from './problem-pages.js';

/** One line per request, in JSON. Paths without their query, which may contain a signature; a tus path is a secret as a whole. */
const accessLog = ({ folder }: NginxOptions): string => {
  const fields = [
    '"time":"$time_iso8601"',
    '"requestId":"$narwhal_request_id"',
    '"ip":"$remote_addr"',
    '"method":"$request_method"',
    '"path":"$narwhal_path"',
    '"status":$narwhal_status',
    '"bytes":$bytes_sent',
    '"seconds":$request_time',
    '"upstream":"$upstream_addr"',
    '"upstreamStatus":"$upstream_status"',
    '"upstreamSeconds":"$upstream_response_time"',
    '"cache":"$upstream_cache_status"',
    '"agent":"$http_user_agent"',
  ];
  return `map $request_uri $narwhal_path {
  "~^/v1/uploads/" /v1/uploads/-;
  "~^(?<narwhal_plain_path>[^?]*)" $narwhal_plain_path;
}
map $status $narwhal_status { "000" 0; default $status; }
log_format narwhal escape=json '{${fields.join(',')}}';
access_log ${folder}/access.log narwhal buffer=32k flush=1s;`;
};

/** The client's address: taken from a trusted balancer, and from nobody else. */
const whoAsks = ({ trust }: NginxOptions): string => `${trust
  .map((network) => `set_real_ip_from ${network};`)
  .join('\n')}
real_ip_header X-Forwarded-For;
real_ip_recursive on;
geo $realip_remote_addr $narwhal_trusted {
  default 0;
${trust.map((network) => `  ${network} 1;`).join('\n')}
}
map "$https$narwhal_trusted $http_x_forwarded_proto" $narwhal_scheme { "1 https" https; "~^on" https; default http; }
map $narwhal_scheme $narwhal_hsts { https "max-age=31536000"; default ""; }
# What is traced, the balancer says.
map "$narwhal_trusted $http_traceparent" $narwhal_traceparent { "~^1 (?<narwhal_parent>[0-9a-f-]{55,})$" $narwhal_parent; default ""; }
# One id from the first hop to the api's log; a client may bring its own.
map $http_x_request_id $narwhal_request_id {
  "~^[A-Za-z0-9_.:-]{8,100}$" $http_x_request_id;
  default $request_id;
}`;

interface Rate {
  requests: number;
  seconds: number;
}

/** `rate` takes a whole number of requests per second or minute. */
const perMinute = ({ requests, seconds }: Rate): number => Math.max(1, Math.floor((requests * 60) / seconds));

/**
 * The api counts exactly, across all processes, and reports what is left. These limits keep excessive requests away from it, since
 * each costs a password hash: the same rate, and a burst of twice as many. They are applied where writes are (`rateLimits`).
 */
function rates({ RATE_LIMITS }: EdgeSettings): string {
  if (!RATE_LIMITS) return '';
  const { signIn, signUp } = limits.rates;
  return `# A subscriber's IPv6 network (/64) is one caller, as in the api; the address as text would hide groups of zeros. An IPv4 address
# written as IPv6 is that IPv4 address. An empty key is not counted.
map $binary_remote_addr $narwhal_network {
  "~(?s)^\\x00{10}\\xff\\xff(?<narwhal_v4>.{4})$" $narwhal_v4;
  "~(?s)^(?<narwhal_net>.{8}).{8}$" $narwhal_net;
  default $binary_remote_addr;
}
map "$request_method $uri" $narwhal_sign_in { "~^POST /v1/sessions/?$" $narwhal_network; default ""; }
map "$request_method $uri" $narwhal_sign_up { "~^POST /v1/users/?$" $narwhal_network; default ""; }
limit_req_zone $narwhal_sign_in zone=sign_in:10m rate=${perMinute(signIn)}r/m;
limit_req_zone $narwhal_sign_up zone=sign_up:10m rate=${perMinute(signUp)}r/m;
limit_req_status 429;`;
}

/** Only in the locations of writes, so that reads are not counted. */
export function rateLimits({ RATE_LIMITS }: EdgeSettings): string {
  if (!RATE_LIMITS) return '';
  const { signIn, signUp } = limits.rates;
  return `limit_req zone=sign_in burst=${signIn.requests * 2 - 1} nodelay;
  limit_req zone=sign_up burst=${signUp.requests * 2 - 1} nodelay;`;
}

const types = 'application/json application/problem+json application/xml text/plain text/css text/javascript';

const compression = ({ brotli }: NginxOptions): string => `gzip on;
gzip_comp_level 4;
gzip_min_length 1024;
gzip_proxied any;
gzip_vary on;
gzip_types ${types};
${brotli ? `brotli on;\nbrotli_comp_level 4;\nbrotli_min_length 1024;\nbrotli_types ${types};` : ''}`;

/**
 * Passive checks: an api that refuses or is late three times gets one request every two seconds until it answers again. A limit
 * of one failure would be too low: a moment that is slow for all of them would leave none. And when all are out (one came back
 * just now, as the other went), NGINX answers "no live upstreams" without trying any: so each is listed again as its own backup.
 */
const upstream = ({ apis }: NginxOptions): string => `upstream narwhal_api {
  zone narwhal_api 256k;
  least_conn;
${apis.map((api) => `  server ${api} max_fails=3 fail_timeout=2s;`).join('\n')}
${apis.map((api) => `  server ${api} max_fails=0 backup;`).join('\n')}
  # Shorter than the api keeps its own (75 s), and than it waits for us when it drains (5 s).
  keepalive 64;
  keepalive_timeout 4s;
  keepalive_requests 100000;
}`;

/** Limits for slow clients. NGINX buffers for the api: only whole requests reach it, and it hands off its response at once. */
const clients = `client_header_timeout 20s;
client_body_timeout 60s;
send_timeout 60s;
reset_timedout_connection on;
keepalive_timeout 75s;
keepalive_requests 100000;
client_header_buffer_size 2k;
large_client_header_buffers 4 8k;
client_body_buffer_size ${limits.json.bytes};
client_max_body_size ${limits.json.bytes};`;

/** How NGINX forwards every request to the api. It drops a client's own claims about its address, and compresses itself. */
const proxying = ({ source }: NginxOptions): string => `proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host $host;
proxy_set_header Accept-Encoding "";
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $narwhal_scheme;
proxy_set_header X-Forwarded-Host "";
proxy_set_header Forwarded "";
proxy_set_header X-Real-IP "";
proxy_set_header X-Request-Id $narwhal_request_id;
proxy_set_header traceparent $narwhal_traceparent;
proxy_set_header tracestate "";
proxy_connect_timeout 500ms;
proxy_send_timeout 30s;
proxy_read_timeout 2s;
proxy_buffer_size 16k;
proxy_buffers 32 16k;
proxy_busy_buffers_size 64k;
proxy_next_upstream error timeout invalid_header http_502;
proxy_next_upstream_tries 4;
proxy_next_upstream_timeout 5s;
${source ? `proxy_bind ${source};` : ''}`;

/** In `http {}`: classifies requests by how they may be handled. */
const wayMap = `map "$request_method|$http_prefer|$http_idempotency_key" $narwhal_way {
  default read;
  "~^GET\\|[^|]*wait" wait;
  "~^(POST|PATCH)\\|[^|]*\\|[A-Za-z0-9_-]{16,64}$" keyed;
  "~^(POST|PATCH|PUT|DELETE)\\|" write;
}`;

export function httpBlock(options: NginxOptions, settings: EdgeSettings): string {
  return `default_type application/octet-stream;
server_tokens off;
sendfile on;
tcp_nopush on;
${[
  whoAsks(options),
  accessLog(options),
  clients,
  rates(settings),
  compression(options),
  mediaMaps(settings),
  mediaCache(options, settings),
  upstream(options),
  proxying(options),
  wayMap,
  tooLargeMap(),
  'add_header Strict-Transport-Security $narwhal_hsts always;',
].join('\n\n')}`;
}
