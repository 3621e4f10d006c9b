import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { ProblemCode } from '@app/platform';
import type { z } from 'zod';

/** Who may call: `none` ignores any token, `optional` reads it when sent, `required` refuses without. */
export type Access = 'none' | 'optional' | 'required' | 'admin';

/** Which rate limit counts a call; see `rate-limits.ts`. */
export type RatePolicy = 'read' | 'write' | 'upload' | 'signIn' | 'signUp' | 'none';

/** What an answer carries beside its body; `ETag` also means that `If-None-Match` is heeded (304), `Tus` stands for what tus 1.0.0 asks for. */
export type AnswerHeader = 'ETag' | 'Location' | 'Tus';

export interface EndpointOptions {
  method: 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** Groups the endpoint in the documentation. */
  tag: string;
  summary: string;
  /** The operation's name in generated clients, where the handler's own does not say it: see `operation-id.ts`. */
  operationId?: string;
  access: Access;
  /** Set where a signed link of an operator opens it too, for browsers, which send no token. */
  byLink?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Set where the body is not JSON, for the documentation. */
  multipart?: z.ZodObject;
  /** Each status that says yes, and the shape of its body (null: none). */
  answers: Record<number, z.ZodType | null>;
  problems?: readonly ProblemCode[];
  headers?: readonly AnswerHeader[];
  /** Set where `Idempotency-Key` counts. */
  idempotent?: boolean;
  /** Set where `Prefer: wait=n` counts. */
  waits?: boolean;
  rate?: RatePolicy;
  /** Set where an endpoint is read so often that Nest's layers would be a fifth of its cost: see `direct-routes.ts`. */
  direct?: boolean;
}

export const ENDPOINT = 'narwhal:endpoint';

/**
 * One endpoint, declared whole: the router, the guards, the validation and the contract all read this object, so none of
 * them can disagree. The handler takes `@Input()` (validated) and, where it needs to, `@CallerOf()`.
 */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  if (options.direct) return SetMetadata(ENDPOINT, options);
  const first = Object.keys(options.answers)[0];
  return applyDecorators(
    RequestMapping({ path: options.path, method: RequestMethod[options.method] }),
    HttpCode(Number(first ?? 200)),
    SetMetadata(ENDPOINT, options),
  );
}

/** The options of a handler that `@Endpoint` declared; undefined for any other function. */
export function endpointOf(handler: object): EndpointOptions | undefined {
  return Reflect.getMetadata(ENDPOINT, handler) as EndpointOptions | undefined;
}
