import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller } from '@app/domain';
import type { ReadSince } from '@app/feed';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type { Caller };

/** The guards' findings about a request. */
export interface CallState {
  caller: Caller | null;
  /** Arrival time. The response may reflect any state since then. */
  since: ReadSince;
  input: unknown;
  /** The declared path of its endpoint, for logs and metrics. Empty until one is found. */
  route: string;
}

export type ApiRequest = FastifyRequest & { call?: CallState };
export type ApiReply = FastifyReply;

/** One state per request, created on first use. */
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

/** The caller. Null where access is optional and the request has no token. */
export const CallerOf = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callOf(requestOf(context)).caller,
);

/** The text of `Narwhal-Proof`, which `Proofs.mustHold` judges in the transaction of the change; null without one. */
export const ProofOf = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const proof = requestOf(context).headers['narwhal-proof'];
  return typeof proof === 'string' ? proof : null;
});
