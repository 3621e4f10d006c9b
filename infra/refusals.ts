import { limits } from '../libs/platform/src/limits.js';
import { problem, type ProblemCode } from '../libs/platform/src/problems.js';

/** A refusal that the edge itself sends: the api's text, the edge's request id. */
export interface Refusal {
  code: ProblemCode;
  params?: Record<string, number | string>;
  headers?: Record<string, string>;
}

/**
 * The body of RFC 9457 in the api's words, with a variable of NGINX or HAProxy for the request id.
 *
 * @param requestId the text that the server replaces, such as `$narwhal_request_id`
 */
export function refusalBody({ code, params = {} }: Refusal, requestId: string): string {
  const { status, detail } = problem(code, { params });
  const title = code.replaceAll('_', ' ');
  const body = { type: `/docs/problems#${code}`, title, status, detail, code, params };
  return `${JSON.stringify(body).slice(0, -1)},"requestId":"${requestId}"}`;
}

export const away: Refusal = { code: 'unavailable', headers: { 'Retry-After': '2' } };
export const limited: Refusal = {
  code: 'rate_limited',
  params: { retryAfter: 5 },
  headers: { 'Retry-After': '5' },
};

export const photoTooLarge: Refusal = { code: 'photo_too_large', params: { limit: limits.photo.bytes } };

/** Every refusal of NGINX, by the name of its location. */
export const refusals = {
  unreadable: { code: 'request_invalid', params: { reason: 'it is not HTTP as it should be' } },
  not_found: { code: 'not_found' },
  late: { code: 'request_timeout' },
  too_large: { code: 'body_too_large', params: { limit: limits.json.bytes } },
  headers_too_large: { code: 'headers_too_large' },
  limited,
  away,
  url_invalid: { code: 'url_invalid' },
  url_expired: { code: 'url_expired' },
  range: { code: 'range_not_satisfiable' },
  method: { code: 'method_not_allowed', params: { allow: 'GET, HEAD' }, headers: { Allow: 'GET, HEAD' } },
} as const satisfies Record<string, Refusal>;

export type RefusalName = keyof typeof refusals;
