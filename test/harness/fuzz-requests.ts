import { readFileSync } from 'node:fs';
import fc, { type Arbitrary } from 'fast-check';
import {
  badQuery,
  badSegment,
  encoded,
  fitting,
  odd,
  rawBody,
  spoilt,
  type Known,
  type Schema,
  type Targets,
} from './fuzz-values.js';
import { partEnd, partHead } from './wire.js';

interface Parameter {
  $ref?: string;
  in: string;
  name: string;
  schema: Schema;
}
interface Operation {
  parameters?: Parameter[];
  security: object[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Contract {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const contract = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as Contract;

/** A schema with what its references name. */
function resolved<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map((one: unknown) => resolved(one)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const name = '$ref' in value ? String(value.$ref).split('/').at(-1) : undefined;
  if (name !== undefined) return resolved(contract.components.schemas[name]) as Value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one)])) as Value;
}

/** An operation with its name. */
interface Named {
  path: string;
  method: string;
  operation: Operation;
}

const named: Named[] = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([verb, operation]) => ({ path, method: verb.toUpperCase(), operation })),
);
/** Every operation by name. */
export const operations = named.map(({ method, path }) => `${method} ${path}`);

/** One request, as it is sent. */
export interface FuzzRequest {
  /** The contract's path. */
  operation: string;
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
}

/** Hash passwords: rare. */
const COSTLY = /^(POST \/v1\/(users|sessions.*)|PUT \/v1\/me\/password|DELETE \/v1\/me)$/;
/** End what the other requests are about: sent by people whom nothing else needs. */
const DESTRUCTIVE =
  /^(PUT \/v1\/me\/password|DELETE \/v1\/(me|sessions.*|(posts|photos|comments|me\/collections)\/\{id\}))$/;

type Sent = string | Uint8Array | undefined;

function bodies(
  kind: string | undefined,
  schema: Schema,
  targets: Targets,
): { good: Arbitrary<Sent>; bad: Arbitrary<Sent> } {
  if (kind === 'multipart/form-data') {
    const form = (file: Uint8Array) => Buffer.concat([Buffer.from(partHead), file, Buffer.from(partEnd)]);
    const bad = fc.oneof(
      fc.uint8Array().map(form),
      fc.constant(form(targets.picture).subarray(0, 200)),
      rawBody,
    );
    return { good: fc.constant(form(targets.picture)), bad };
  }
  if (kind === undefined) return { good: fc.constant(undefined), bad: rawBody };
  if (schema.format === 'binary') return { good: fc.constant(undefined), bad: rawBody };
  const fits = fitting(schema, targets);
  const bad = fc.oneof(
    { weight: 3, arbitrary: spoilt(fits).map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: rawBody },
  );
  return { good: fits.map((body) => JSON.stringify(body)), bad };
}

function queries(parameters: Parameter[], targets: Targets): Arbitrary<string[]> {
  // Media URLs are signed: no part of their query may be missing. A repeated cursor is refused; most are of another list.
  const isNeeded = (name: string) => ['e', 'k', 's', 'q', 'ids'].includes(name);
  const fields = parameters.map(({ name, schema }) => {
    const fits = fitting(schema, targets, name);
    return [name, isNeeded(name) ? fits : fc.option(fits, { freq: 2, nil: undefined })] as const;
  });
  return fc
    .record(Object.fromEntries(fields))
    .map((query) =>
      Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : `${name}=${encoded([value].flat().join())}`,
      ),
    );
}

/** The kind of thing that a path's parameter names: its own name, or that of the list that it is in. */
const placeOf = (path: string, name: string, { words }: Targets): string =>
  words[name] ? name : (path.split(`/{${name}}`)[0]?.split('/').at(-1) ?? '');

/** The parts of an operation's requests, right and wrong. */
function partsOf({ path, method, operation }: Named, targets: Targets) {
  const { parameters = [], requestBody } = operation;
  const [kind] = Object.keys(requestBody?.content ?? {});
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const body = bodies(kind, resolved(requestBody?.content[kind ?? '']?.schema ?? {}), targets);
  const known = targets.known[`${method} ${path}`] ?? [];
  const part = fc.constantFrom('path', 'query', 'headers', 'body', 'token');
  return {
    wrong: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>([]) },
      { weight: 3, arbitrary: part.map((one) => [one]) },
      { weight: 3, arbitrary: fc.uniqueArray(part, { minLength: 2 }) },
    ) as Arbitrary<string[]>,
    // Nothing would be another operation's address.
    path: fc.tuple(
      ...inPath.map(({ schema, name }) =>
        fitting(schema, targets, placeOf(path, name, targets)).map((value) => encoded(value) || '0'),
      ),
    ),
    badPath: fc.tuple(...inPath.map(() => badSegment)),
    query: queries(
      parameters.filter((one) => one.in === 'query'),
      targets,
    ),
    badQuery: fc.array(badQuery, { minLength: 1, maxLength: 2 }),
    token: fc.constantFrom(...(DESTRUCTIVE.test(`${method} ${path}`) ? targets.doomed : targets.tokens)),
    badToken: fc.constantFrom(undefined, 'x', ...targets.tokens.map((token) => token.slice(0, -1))),
    body: body.good,
    badBody: body.bad,
    key: fc.option(fc.stringMatching(/^[\w-]{16,20}$/)),
    odd: fc.array(odd, { minLength: 1, maxLength: 3 }),
    // As many without.
    known: fc.constantFrom<Known[]>({}, ...known, ...known.slice(1).map(() => ({}))),
  };
}

type Parts = {
  [Part in keyof ReturnType<typeof partsOf>]: ReturnType<typeof partsOf>[Part] extends Arbitrary<infer Value>
    ? Value
    : never;
};

function headersOf({ path, method, operation }: Named, { wrong, token, badToken, key, odd, known }: Parts) {
  const headers: [string, string][] = [];
  const [kind] = Object.keys(operation.requestBody?.content ?? {});
  const bearer = wrong.includes('token') ? badToken : token;
  if (operation.security.length > 0 && bearer !== undefined)
    headers.push(['authorization', `Bearer ${bearer}`]);
  if (kind !== undefined && !path.startsWith('/v1/uploads'))
    headers.push(['content-type', kind.includes('form') ? `${kind}; boundary=a-boundary` : kind]);
  if (path.startsWith('/v1/uploads'))
    headers.push(['tus-resumable', '1.0.0'], ['upload-length', '9'], ['upload-offset', '0']);
  if (path.startsWith('/v1/uploads/')) headers.push(['content-type', 'application/offset+octet-stream']);
  if (key !== null && method === 'POST') headers.push(['idempotency-key', key]);
  headers.push(...(known.more ?? []));
  if (wrong.includes('headers')) headers.push(...odd);
  return headers;
}

/** Requests of one operation: as documented, with one part wrong, or with several. */
function requestsOf(named: Named, targets: Targets): Arbitrary<FuzzRequest> {
  return fc.record(partsOf(named, targets)).map((drawn) => {
    const parts = { ...drawn, ...drawn.known };
    const { wrong } = parts;
    const segments = (wrong.includes('path') ? parts.badPath : parts.path).values();
    const path = named.path.replaceAll(/\{\w+\}/g, () => segments.next().value ?? '');
    const query = [...parts.query, ...(wrong.includes('query') ? parts.badQuery : [])].join('&');
    const sent = wrong.includes('body') ? parts.badBody : parts.body;
    return {
      operation: named.path,
      method: named.method,
      path: path + (query && `?${query}`),
      headers: headersOf(named, parts),
      body: sent === undefined ? undefined : Buffer.from(sent as string),
    };
  });
}

/** Requests to every operation of openapi.json. Those that hash passwords or end things are rarer. */
export function fuzzRequests(targets: Targets): Arbitrary<FuzzRequest> {
  const weightOf = ({ path, method }: Named): number => {
    if (COSTLY.test(`${method} ${path}`)) return 1;
    return method === 'DELETE' || path.endsWith('/block') ? 3 : 6;
  };
  return fc.oneof(...named.map((one) => ({ weight: weightOf(one), arbitrary: requestsOf(one, targets) })));
}
