import type { ZodOpenApiOverride } from 'zod-openapi';
import type { OpenApiDocument } from './document.js';

/** Any part of the document. */
export type Node = Record<string, unknown>;

/** Values of enums may be added to answers; none of them will be longer. */
const LONGEST_VALUE = 100;

/**
 * Answers may grow within v1: nothing in them forbids further fields, and an enum names what is known today, or closed enums
 * of generated clients would break on the next value. In requests both stay closed.
 */
export const shape: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (io !== 'output') return;
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  const known = jsonSchema.enum ?? (jsonSchema.const === undefined ? undefined : [jsonSchema.const]);
  if (known === undefined || jsonSchema.type !== 'string') return;
  delete jsonSchema.enum;
  delete jsonSchema.const;
  Object.assign(jsonSchema, { maxLength: LONGEST_VALUE, 'x-extensible-enum': known });
};

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const INT32 = 2 ** 31 - 1;

/** Generators need to know how wide a number is; without a format some take integers for 32 bits and numbers for decimals. */
function formatOf({ type, format, maximum = Infinity }: Node): string | undefined {
  const types = new Set([type].flat());
  if (typeof format === 'string') return format;
  if (types.has('integer')) return Number(maximum) <= INT32 ? 'int32' : 'int64';
  return types.has('number') ? 'double' : undefined;
}

const prefix = '#/components/schemas/';

/**
 * `anyOf` with null becomes a type that may be null, since Apple's swift-openapi-generator leaves out a property of the former
 * kind. A named shape gets another name for its form that may be null, such as NullableAuthor.
 */
function nullable(node: Node): Node {
  const { anyOf, ...rest } = node as Node & { anyOf?: Node[] };
  const [some, none] = anyOf ?? [];
  if (anyOf?.length !== 2 || !some || none?.['type'] !== 'null') return node;
  if (typeof some['$ref'] !== 'string') return { ...some, ...rest, type: [some['type'], 'null'] };
  return { ...rest, $ref: some['$ref'].replace(prefix, `${prefix}Nullable`) };
}

function settle(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settle);
  if (!isNode(value)) return value;
  const fields = Object.entries(value)
    .filter(([key]) => key !== 'propertyNames')
    .map(([key, one]) => [key, settle(one)]);
  const node = nullable(Object.fromEntries(fields) as Node);
  const format = formatOf(node);
  return format === undefined ? node : { ...node, format };
}

/** Settles what holds for every schema of the document, wherever it stands. */
export function settled(document: OpenApiDocument): OpenApiDocument {
  const made = settle(document) as OpenApiDocument;
  const schemas = made.components?.schemas as Record<string, Node>;
  const asked = JSON.stringify(made).matchAll(new RegExp(`"${prefix}Nullable(\\w+)"`, 'g'));
  const added = [...asked].map(([, name = '']) => {
    const { type, ...schema } = schemas[name] ?? {};
    return [`Nullable${name}`, { ...schema, type: [type, 'null'] }];
  });
  return {
    ...made,
    components: { ...made.components, schemas: { ...schemas, ...Object.fromEntries(added) } },
  };
}
