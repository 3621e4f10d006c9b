import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { ProblemCode } from '@app/platform';
import type { z } from 'zod';

/** Access to an endpoint: `none` ignores any token, `optional` reads it when sent, `required` refuses without. */
export type Access = 'none' | 'optional' | 'required' | 'admin';

/** The rate limit that counts a call; see `rate-limits.ts`. */
export type RatePolicy = 'read' | 'write' | 'upload' | 'refresh' | 'signIn' | 'signUp' | 'reset' | 'none';

/** Headers of a response; `ETag` also enables `If-None-Match` (304), `Tus` stands for the headers that tus 1.0.0 requires. */
export type AnswerHeader = 'ETag' | 'Location' | 'Tus';

/** Headers of a request that nothing else of a declaration implies. */
export type RequestHeader =
  'LastEventId' | 'UploadLength' | 'UploadOffset' | 'UploadMetadata' | 'UploadChecksum' | 'MethodOverride';

export interface EndpointOptions {
  method: 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** Groups the endpoint in the documentation. */
  tag: string;
  summary: string;
  /** Anything else that a client has to know. */
  details?: string;
  access: Access;
  /** Set when an operator's signed link also opens the endpoint, for browsers, which send no token. */
  byLink?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Set when the body is not JSON, for the documentation. */
  multipart?: z.ZodObject;
  /** Set when the body is bytes of this media type. */
  bytes?: string;
  /** Each success status, with the schema of its body (null: none). */
  answers: Record<number, z.ZodType | null>;
  /** The media types of the answers, when they are not JSON. */
  mediaTypes?: readonly string[];
  problems?: readonly ProblemCode[];
  headers?: readonly AnswerHeader[];
  takes?: readonly RequestHeader[];
  /** Set when the endpoint supports `Idempotency-Key`. */
  idempotent?: boolean;
  /** Set when the endpoint asks for a fresh proof; the handler takes it as `@ProofOf()`. */
  proven?: boolean;
  /** Set when the endpoint supports `Prefer: wait=n`. */
  waits?: boolean;
  rate?: RatePolicy;
  /** Set for endpoints so hot that Nest's layers would be a fifth of their cost: see `direct-routes.ts`. */
  direct?: boolean;
}

export const ENDPOINT = 'narwhal:endpoint';

/**
 * The complete declaration of one endpoint. The router, the guards, the validation and the contract all read this object,
 * so they cannot disagree. The handler takes `@Input()` (validated) and, if it needs the caller, `@CallerOf()`; its name is
 * the operation's in generated clients.
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
