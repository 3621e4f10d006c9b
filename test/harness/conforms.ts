import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

/** The checked parts of a response. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: unknown;
}

type Answers = Record<string, { $ref?: string; content?: Record<string, object>; headers?: object }>;
interface Contract {
  paths: Record<string, Record<string, { responses: Answers; 'x-problems': Record<string, string[]> }>>;
  components: {
    responses: Answers;
    schemas: {
      [name: string]: { properties: object };
      Problem: { properties: { params: { 'x-params': Record<string, { $ref: string }> } } };
    };
  };
}
interface Refusal {
  code: string;
  params: object;
}

const contract = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as Contract;
// Formats are for people; the contract's own keywords (`summary`, `examples`) are not part of JSON Schema.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
// Clients take unknown values for those to come; the server sends none that it does not say.
ajv.addKeyword({
  keyword: 'x-extensible-enum',
  type: 'string',
  schemaType: 'array',
  validate: (known: string[], value: string) => known.includes(value),
});
ajv.addSchema(contract, 'contract');
const routes = Object.keys(contract.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  params: path.split('{').length,
}));
const compiled = new Map<string, ValidateFunction>();

const fragment = (parts: string[]): string =>
  parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

function schemaAt(parts: string[]): ValidateFunction {
  const ref = `contract#/${fragment(parts)}`;
  const known = compiled.get(ref) ?? ajv.compile({ $ref: ref });
  compiled.set(ref, known);
  return known;
}

/** The contract's path for a URL: of several, the one with the fewest parameters. */
function pathOf(url: string): string {
  const { pathname } = new URL(url, 'http://narwhal');
  const found = routes.filter(({ pattern }) => pattern.test(pathname));
  return found.toSorted((one, other) => one.params - other.params)[0]?.path ?? pathname;
}

/** The contract's schema for a response, and its location; undefined if there is none. */
function declared(path: string, verb: string, status: string) {
  const answer = contract.paths[path]?.[verb]?.responses[status];
  const name = answer?.$ref?.split('/').at(-1);
  if (name === undefined) return answer && { answer, place: ['paths', path, verb, 'responses', status] };
  const shared = contract.components.responses[name];
  return shared && { answer: shared, place: ['components', 'responses', name] };
}

/** Checks that `openapi.json` describes this response: its path, status, kind of body, and every field. */
export function conforms(method: string, url: string, response: Answer): void {
  conformsTo(pathOf(url), method, response);
}

/** The same for a known operation, however mangled its URL was. */
export function conformsTo(path: string, method: string, response: Answer): void {
  const status = String(response.status);
  const what = `${method} ${path} ${status}`;
  const found = declared(path, method.toLowerCase(), status);
  if (!found) throw new Error(`expected openapi.json to have the answer ${what}`);
  const { content = {} } = found.answer;
  const type = String(response.headers['content-type']).split(';')[0] ?? '';
  const kinds = Object.keys(content);
  // An answer to HEAD has no body, whatever its headers say of one.
  const isEmpty =
    [204, 304].includes(response.status) ||
    response.headers['content-length'] === '0' ||
    (method === 'HEAD' && kinds.length === 0);
  const expected = kinds.length === 0 ? 'none' : (kinds.find((kind) => kind === type) ?? kinds[0]);
  expect(`${what} with ${isEmpty ? 'none' : type}`).toBe(`${what} with ${expected}`);
  if (kinds.length === 0 || !type.includes('json') || method === 'HEAD') return;
  const validate = schemaAt([...found.place, 'content', type, 'schema']);
  const faults = validate(response.body) ? [] : validate.errors;
  expect({ what, faults }).toEqual({ what, faults: [] });
  if (type === 'application/problem+json') refusalConforms(path, method, response);
}

/** The code is one that the operation says, and `params` are those of the code. */
function refusalConforms(path: string, method: string, { status, body }: Answer): void {
  const { code, params } = body as Refusal;
  const what = `${method} ${path} ${status} ${code}`;
  const codes = contract.paths[path]?.[method.toLowerCase()]?.['x-problems'][status];
  expect(codes, `${what}: the operation says so`).toContain(code);
  const { schemas } = contract.components;
  const name = schemas.Problem.properties.params['x-params'][code]?.$ref.split('/').at(-1);
  const described = name === undefined ? {} : schemas[name]?.properties;
  const unknown = Object.keys(params).filter((param) => !Object.hasOwn(described ?? {}, param));
  expect({ what, unknown }).toEqual({ what, unknown: [] });
  const validate = name === undefined ? null : schemaAt(['components', 'schemas', name]);
  const faults = validate === null || validate(params) ? [] : validate.errors;
  expect({ what, faults }).toEqual({ what, faults: [] });
}
