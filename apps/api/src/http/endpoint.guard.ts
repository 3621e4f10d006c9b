import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { problem } from '@app/platform';
import { AccessTokens } from '../sessions/access-tokens.js';
import { SessionLookup } from '../sessions/session-lookup.js';
import { callOf, type ApiReply, type ApiRequest, type Caller } from './call.js';
import { endpointOf, type EndpointOptions } from './endpoint.js';
import { RateLimits } from './rate-limits.js';
import { validate } from './validation.js';

/**
 * Carries out what an endpoint declares, in this order: who calls, how often, what they sent. One guard for all of it,
 * since each of Nest's layers costs every request. A handler that declares nothing is not reachable.
 */
@Injectable()
export class EndpointGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionLookup,
    private readonly rates: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    if (!endpoint) throw problem('not_found');
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const reply = context.switchToHttp().getResponse<ApiReply>();
    const call = callOf(request);
    call.route = endpoint.path;
    call.caller = await this.caller(request, endpoint);
    await this.rates.take(endpoint, call.caller, request, reply);
    call.input = readInput(request, endpoint);
    void reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'private, no-cache');
    return true;
  }

  private async caller(request: ApiRequest, { access }: EndpointOptions): Promise<Caller | null> {
    if (access === 'none') return null;
    const header = request.headers.authorization;
    if (header === undefined) {
      if (access === 'optional') return null;
      throw access === 'admin' ? problem('not_found') : challenged('token_missing');
    }
    const token = /^Bearer +([\w.-]+) *$/i.exec(header)?.[1];
    if (token === undefined) throw problem('token_invalid', { headers: challenge('invalid_token') });
    const caller = await this.sessions.caller(this.tokens.read(token));
    if (access === 'admin' && caller.role !== 'admin') throw problem('not_found');
    return caller;
  }
}

const challenge = (error?: string) => ({ 'www-authenticate': error ? `Bearer error="${error}"` : 'Bearer' });
const challenged = (code: 'token_missing') => problem(code, { headers: challenge() });

/** Params, query and body in one object. Names never meet: a path's param is no field of its body. */
function readInput(request: ApiRequest, { params, query, body }: EndpointOptions): unknown {
  const fromPath = params ? (request.params as object) : {};
  const fromQuery = query ? validate(query, request.query ?? {}, 'query') : {};
  const fromBody = body ? validate(body, request.body ?? {}, 'body') : {};
  return { ...fromQuery, ...fromBody, ...fromPath };
}
