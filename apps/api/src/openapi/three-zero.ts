import type { OpenApiDocument } from './document.js';
import type { Node } from './shapes.js';

/** Keywords that OpenAPI 3.0 has not; beside a reference it reads nothing at all. */
const unknown = new Set(['examples', 'const', 'contentMediaType']);

function schema(node: Node): Node {
  const { type, const: only, examples } = node;
  const kept = Object.entries(node).filter(
    ([key, value]) => !unknown.has(key) || (key === 'examples' && !Array.isArray(value)),
  );
  const [one] = Array.isArray(examples) ? (examples as unknown[]) : [];
  return {
    ...Object.fromEntries(kept),
    ...(Array.isArray(type) ? { type: type.find((each) => each !== 'null') as string, nullable: true } : {}),
    ...(only === undefined ? {} : { enum: [only] }),
    ...(one === undefined ? {} : { example: one }),
  };
}

function older(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(older);
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Node;
  if (typeof node['$ref'] === 'string') return { $ref: node['$ref'] };
  return schema(Object.fromEntries(Object.entries(node).map(([key, one]) => [key, older(one)])));
}

/** The same contract in OpenAPI 3.0.4, for generators that do not read 3.1: openapi-generator's Kotlin, for example. */
export function threeZero(document: OpenApiDocument): Node {
  const { info, ...rest } = older(document) as { info: Node };
  return {
    ...rest,
    openapi: '3.0.4',
    info: { ...info, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
  };
}
