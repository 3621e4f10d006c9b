import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CONFIG, isId, opensByLink, problem, type Config } from '@app/platform';
import { z } from 'zod';
import { AccessTokens, bearerOf } from '@app/domain';
import { callOf, type ApiReply, type ApiRequest, type Caller, type CallState } from './call.js';
import { endpointOf, type EndpointOptions } from './endpoint.js';
import { pathId } from './fields.js';
import { RateLimits } from './rate-limits.js';
import { hasBody } from './unread-bodies.js';
import { validate } from './validation.js';

/**
 * Enforces an endpoint's declaration, in this order: caller, rate limit, input. One guard does all of it, since each of
 * Nest's layers costs every request. A handler without a declaration is not reachable.
 */
@Injectable()
export class EndpointGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly rates: RateLimits,
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    if (!endpoint) throw problem('not_found');
    const http = context.switchToHttp();
    await this.admit(endpoint, http.getRequest<ApiRequest>(), http.getResponse<ApiReply>());
    return true;
  }

  /** @throws Problem when the declaration does not admit the request */
  async admit(endpoint: EndpointOptions, request: ApiRequest, reply: ApiReply): Promise<CallState> {
    const call = callOf(request);
    call.route = endpoint.path;
    call.caller = await this.caller(request, endpoint);
    await this.rates.take(endpoint, call.caller, request, reply);
    call.input = readInput(request, endpoint);
    void reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'private, no-cache');
    return call;
  }

  /** @throws Problem when the request's token gives no access here */
  async caller(request: ApiRequest, { access, byLink, path }: EndpointOptions): Promise<Caller | null> {
    if (access === 'none') return null;
    const header = request.headers.authorization;
    if (header === undefined) {
      if (byLink && opensByLink(path, request.query, this.config.TOKEN_KEYS)) return null;
      if (access === 'optional') return null;
      throw problem(access === 'admin' ? 'not_found' : 'token_missing');
    }
    const token = bearerOf(header);
    if (token === undefined) throw problem('token_invalid');
    const caller = await this.tokens.caller(token, callOf(request).since);
    if (access === 'admin' && (await this.tokens.role(caller)) !== 'admin') throw problem('not_found');
    return caller;
  }
}

/** For endpoints of the contract that declare no query: any parameter is a client's mistake, and is reported. */
const noQuery = z.strictObject({});

/**
 * The request's JSON. A missing body and `null` count as `{}`, except for a PATCH, which must contain something.
 *
 * @throws Problem 415 for a body that is not JSON (an empty one counts as none, whatever its type); 400 for a PATCH without one
 */
function jsonOf({ headers, method, body }: ApiRequest): unknown {
  const received = headers['content-type'] ?? 'nothing';
  if (hasBody(headers) && !/^application\/json\s*(;|$)/i.test(received))
    throw problem('unsupported_media_type', { params: { expected: 'application/json', received } });
  const sent = body ?? null;
  if (sent === null && method === 'PATCH')
    throw problem('request_invalid', { params: { reason: 'a PATCH has a body; {} changes nothing' } });
  return sent ?? {};
}

/** Params, query and body in one object. Names do not collide: a path's param is never a field of its body. */
function readInput(request: ApiRequest, { path, params, query, body }: EndpointOptions): unknown {
  const querySchema = query ?? (path.startsWith('/v1/') ? noQuery : null);
  const fromPath = params ? (request.params as object) : {};
  const fromQuery = querySchema ? validate(querySchema, request.query ?? {}, 'query') : {};
  const fromBody = body ? validate(body, jsonOf(request), 'body') : {};
  for (const [name, schema] of Object.entries(params?.shape ?? {}))
    if (schema === pathId && !isId(Reflect.get(fromPath, name) as string)) throw problem('not_found');
  return { ...fromQuery, ...fromBody, ...fromPath };
}
