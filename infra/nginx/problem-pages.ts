import { problem } from '../../libs/platform/src/problems.js';
import type { NginxOptions } from './options.js';
import { photoTooLarge, refusalBody, refusals, type Refusal, type RefusalName } from '../refusals.js';

/** NGINX's status for each refusal: its own, or an internal one that no client sees. */
const statuses: Record<RefusalName, string> = {
  unreadable: '400 495 496 497 501 505',
  not_found: '403 404',
  method: '405',
  late: '408',
  too_large: '413',
  range: '416',
  headers_too_large: '414 494',
  limited: '429',
  away: '502 504',
  url_invalid: '463',
  url_expired: '464',
};

/** Not named locations: NGINX answers 500 there when it could not parse the whole request URI. */
const pathOf = (name: string) => `/_refused/${name}`;

/** NGINX allows no variables in time-outs and retry rules: each class is a location, reached by an internal status. */
const wayPages = `error_page 480 = @read;
error_page 481 = @wait;
error_page 482 = @write;
error_page 483 = @keyed;
error_page 484 = @keyed_photo;`;

/** Only in `server {}`: a location with its own `error_page` would lose all of these. */
export function errorPages(): string {
  const pages = Object.entries(statuses).map(([name, codes]) => `error_page ${codes} = ${pathOf(name)};`);
  return `# Every refusal has the contract's one form. They follow each other: a location that was reached by one may fail in turn.
recursive_error_pages on;
${pages.join('\n')}
${wayPages}`;
}

const quoted = (refusal: Refusal): string =>
  `'${refusalBody(refusal, '$narwhal_request_id').replaceAll("'", "\\'")}'`;

/** In `http {}`: which limit a body exceeded. */
export function tooLargeMap(): string {
  return `map $request_uri $narwhal_too_large {
  "~^/v1/(photos|uploads)([/?]|$)" ${quoted(photoTooLarge)};
  default ${quoted(refusals.too_large)};
}`;
}

/** Headers of NGINX's own responses; the api's have similar ones. `add_header` further down drops the inherited ones. */
export const ownHeaders = `add_header Access-Control-Allow-Origin $narwhal_origin always;
add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy no-referrer always;
add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
add_header Strict-Transport-Security $narwhal_hsts always;
add_header X-Request-Id $narwhal_request_id always;`;

/** A range is refused after the file's own headers were added. */
function page(name: string, refusal: Refusal, status: string): string {
  const headers = Object.entries(refusal.headers ?? {}).map(
    ([header, value]) => `add_header ${header} "${value}" always;`,
  );
  const body = name === 'too_large' ? '$narwhal_too_large' : quoted(refusal);
  return `location = ${pathOf(name)} {
internal;
default_type "application/problem+json; charset=utf-8";
${name === 'range' ? '' : ownHeaders}
add_header Cache-Control no-store always;
${headers.join('\n')}
return ${status} ${body};
}`;
}

export function refusalLocations({ away }: NginxOptions): string {
  return Object.entries(refusals)
    .map(([name, refusal]) =>
      page(name, refusal, name === 'away' ? away : String(problem(refusal.code).status)),
    )
    .join('\n');
}
