import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Id } from '@app/platform';
import type { ReadSince } from '@app/feed';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who calls: the person and the session whose token came with the request. */
export interface Caller {
  userId: Id;
  sessionId: Id;
  role: string;
}

/** Those whom we made ourselves to see what people see; what they do is no figure of the product. */
export const isSynthetic = (caller: Caller | null): boolean => caller?.role === 'synthetic';

/** What the guards learned of a request. */
export interface CallState {
  caller: Caller | null;
  /** When it arrived: its answer may be made of what held at any time since. */
  since: ReadSince;
  input: unknown;
  /** The path of its endpoint, as declared; empty while none is found. For logs and metrics. */
  route: string;
}

export type ApiRequest = FastifyRequest & { call?: CallState };
export type ApiReply = FastifyReply;

/** One state a request, made on first use. */
export function callOf(request: FastifyRequest): CallState {
  const api = request as ApiRequest;
  api.call ??= { caller: null, since: performance.now(), input: undefined, route: '' };
  return api.call;
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<ApiRequest>();

/** The validated params, query and body in one object: `{...params, ...query, ...body}`. */
export const Input = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callOf(requestOf(context)).input,
);

/** The caller; null where access is optional and no token came. */
export const CallerOf = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callOf(requestOf(context)).caller,
);
