import type { EdgeSettings } from '../../libs/platform/src/config.js';
import { limits } from '../../libs/platform/src/limits.js';
import { rateLimits } from './http-block.js';
import { ownHeaders } from './problem-pages.js';

/** Seconds that a write may take: waiting for a photo, or for the first request of its key, and then its own work. */
const WRITE = limits.wait.most + limits.idempotency.waitSeconds + 20;
/** Two missed heartbeats, and some time for the network. */
const STREAM = limits.stream.heartbeat * 2 + 5;
/** A photo, and the form around it. */
const UPLOAD = limits.photo.bytes + limits.json.bytes;

const everything = (
  settings: EdgeSettings,
): string => `# Reads go to another api after two seconds, so that one that hangs costs nobody more.
location / {
  if ($narwhal_way = wait) { return 481; }
  if ($narwhal_way = write) { return 482; }
  if ($narwhal_way = keyed) { return 483; }
  proxy_pass http://narwhal_api;
}
location @read { proxy_pass http://narwhal_api; }
# Their query opens an account, and a line about an api that is away would quote it.
location ~ ^/account/(reset|verify|reversal|export)$ {
  error_log /dev/null crit;
  if ($narwhal_way = write) { return 482; }
  proxy_pass http://narwhal_api;
}
location @wait {
  proxy_read_timeout ${limits.wait.most + 5}s;
  proxy_next_upstream_timeout 10s;
  proxy_pass http://narwhal_api;
}
# Writes are sent again only if no api can have seen them; PUT and DELETE may be repeated by contract.
location @write {
  ${rateLimits(settings)}
  proxy_read_timeout ${WRITE}s;
  proxy_next_upstream_timeout ${WRITE}s;
  proxy_pass http://narwhal_api;
}
# With a key a request has one effect however often it is sent: so it is sent again, also when an api dies over it.
location @keyed {
  ${rateLimits(settings)}
  proxy_read_timeout ${WRITE}s;
  proxy_next_upstream error timeout invalid_header http_502 non_idempotent;
  proxy_next_upstream_timeout ${WRITE}s;
  proxy_pass http://narwhal_api;
}`;

export const health = `# What the balancer asks: whether this NGINX reaches an api that wants requests. It has to be quicker than the balancer's patience.
location = /health/ready {
  access_log off;
  proxy_connect_timeout 250ms;
  proxy_read_timeout 700ms;
  proxy_next_upstream error timeout http_502 http_503;
  proxy_next_upstream_timeout 900ms;
  proxy_pass http://narwhal_api;
}`;

/**
 * NGINX buffers a form's photo before the api gets it: a slow phone holds no api, and a deploy cuts nobody off. tus is not
 * buffered, since the bytes that arrived before a cut have to count.
 */
const uploads = `location ~ "^/v1/photos/?$" {
  client_max_body_size ${UPLOAD};
  if ($narwhal_way = read) { return 480; }
  if ($narwhal_way = keyed) { return 484; }
  proxy_read_timeout ${WRITE}s;
  proxy_next_upstream_timeout ${WRITE}s;
  proxy_pass http://narwhal_api;
}
location @keyed_photo {
  client_max_body_size ${UPLOAD};
  proxy_read_timeout ${WRITE}s;
  proxy_next_upstream error timeout invalid_header http_502 non_idempotent;
  proxy_next_upstream_timeout ${WRITE}s;
  proxy_pass http://narwhal_api;
}
location ~ "^/v1/uploads(/|$)" {
  client_max_body_size ${UPLOAD};
  proxy_request_buffering off;
  proxy_read_timeout 60s;
  proxy_next_upstream_timeout 10s;
  proxy_pass http://narwhal_api;
}`;

const stream = `# Events as they happen. The api sends one every ${limits.stream.heartbeat} s at least.
location ~ "^/v1/stream/?$" {
  proxy_buffering off;
  gzip off;
  proxy_read_timeout ${STREAM}s;
  proxy_pass http://narwhal_api;
}`;

/** The api decides who may have an original, and NGINX sends it: see NGINX_SENDS_FILES. The api itself sends it from S3. */
function originals({ STORAGE_DIR, S3_BUCKET }: EdgeSettings): string {
  const asked = `location ~ "^/v1/(photos/[0-9]+/original|me/exports/[0-9]+/file)/?$" {
  # The query of an export's address gives access to it.
  error_log /dev/null crit;
  proxy_read_timeout 30s;
  proxy_max_temp_file_size 0;
  proxy_pass http://narwhal_api;
}`;
  if (S3_BUCKET) return asked;
  return `${asked}
location /_objects/ {
  internal;
  alias ${STORAGE_DIR}/;
  types {}
  ${ownHeaders.replace('$narwhal_origin', '$upstream_http_access_control_allow_origin')}
  add_header Access-Control-Expose-Headers $upstream_http_access_control_expose_headers;
  add_header RateLimit $upstream_http_ratelimit;
  add_header RateLimit-Policy $upstream_http_ratelimit_policy;
}`;
}

/** In `server {}`: how each kind of request is forwarded to the api. */
export function apiLocations(settings: EdgeSettings): string {
  return [health, everything(settings), uploads, stream, originals(settings)].join('\n');
}
