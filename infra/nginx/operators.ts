import type { NginxOptions } from './options.js';

/** Everybody else gets 404 (403 becomes 404), as the api words it. */
const allowed = ({ operators }: NginxOptions): string =>
  [...operators.map((network) => `allow ${network};`), 'deny all;'].join('\n  ');

/**
 * The operators' paths, for their networks alone. The api gives its metrics to direct neighbours, not through a proxy: here
 * one api answers, and each api's own are at its METRICS_ADDR.
 */
export function operatorLocations(options: NginxOptions): string {
  return `location ~ "^/admin(/|$)" {
  ${allowed(options)}
  proxy_read_timeout 30s;
  proxy_pass http://narwhal_api;
}
location ~ "^/metrics/?$" {
  ${allowed(options)}
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For "";
  proxy_set_header Forwarded "";
  proxy_set_header Via "";
  proxy_set_header X-Request-Id $narwhal_request_id;
  proxy_pass http://narwhal_api;
}`;
}

/** The page that Munin's NGINX plugins read. */
export function statusServer(options: NginxOptions): string {
  if (!options.status) return '';
  return `server {
listen ${options.status};
access_log off;
location = /nginx_status {
  ${allowed(options)}
  stub_status;
}
location / { return 404; }
}`;
}
