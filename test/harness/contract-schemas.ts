/** A schema of an OpenAPI document, 3.0 or 3.1. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  nullable?: boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  enum?: unknown[];
  const?: unknown;
  'x-extensible-enum'?: unknown[];
  [bound: string]: unknown;
}

export interface Body {
  $ref?: string;
  required?: boolean;
  content?: Record<string, { schema?: Schema }>;
  headers?: Record<string, object>;
}

export interface Parameter {
  $ref?: string;
  in: string;
  name: string;
  required?: boolean;
  schema?: Schema;
}

export interface Operation {
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
}

export interface Contract {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The target of a reference, whether a schema, a parameter or an answer. */
export function resolved<Part extends { $ref?: string }>(contract: Contract, part: Part): Part {
  if (part.$ref === undefined) return part;
  const steps = part.$ref.split('/').slice(1);
  const found = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], contract);
  return resolved(contract, found as Part);
}

/** The alternatives of a schema, without null, which is a type of each that may be null. */
export function alternatives(contract: Contract, given: Schema): Schema[] {
  const { allOf, ...schema } = resolved(contract, given);
  const several = schema.anyOf ?? schema.oneOf;
  if (several && schema.items === undefined) {
    const some = several.filter(({ type }) => type !== 'null');
    const nullable = some.length < several.length;
    return some.flatMap((one) =>
      alternatives(contract, one).map((each) => (nullable ? { ...each, nullable } : each)),
    );
  }
  if (!allOf) return [schema];
  const parts = allOf.flatMap((one) => alternatives(contract, one));
  return [
    {
      ...schema,
      ...Object.assign({}, ...parts),
      properties: Object.assign({}, ...parts.map((one) => one.properties)),
    },
  ];
}

export function typesOf({ type, nullable }: Schema): string[] {
  return [...new Set([type ?? [], nullable ? 'null' : []].flat())];
}

export const valuesOf = (schema: Schema): unknown[] | undefined =>
  schema.enum ?? schema['x-extensible-enum'] ?? (schema.const === undefined ? undefined : [schema.const]);
