import { health } from './locations.js';
import type { NginxOptions } from './options.js';

/** In `server {}`: where clients connect, by HTTPS where there is a certificate. NGINX keeps the old one if a reload cannot read the new. */
export function listening({ listen, tls, certificate }: NginxOptions): string {
  if (!tls) return `listen ${listen} backlog=4096;`;
  return `listen ${tls} ssl backlog=4096;
ssl_certificate ${certificate}/fullchain.pem;
ssl_certificate_key ${certificate}/privkey.pem;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:narwhal:10m;
ssl_session_tickets off;`;
}

/** A certificate authority asks by plain HTTP for the file that its client has put there (RFC 8555, 8.3). */
export function challenges({ challenges: folder }: NginxOptions): string {
  if (!folder) return '';
  return `location ^~ /.well-known/acme-challenge/ {
  root ${folder};
  default_type text/plain;
}`;
}

/** The server at `--listen` where clients have another: `narwhal doctor` and balancers ask it how it is. */
export function plainServer(options: NginxOptions): string {
  if (!options.tls) return '';
  return `server {
listen ${options.listen} backlog=4096;
server_name _;
${challenges(options)}
${health}
location / { return 308 https://$host$request_uri; }
}`;
}
