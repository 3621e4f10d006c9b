import {
  alternatives,
  resolved,
  typesOf,
  valuesOf,
  type Body,
  type Contract,
  type Operation,
  type Parameter,
  type Schema,
} from './contract-schemas.js';

/** The contract that clients were written against, and the one that is to be released. */
interface Contracts {
  before: Contract;
  after: Contract;
}
type Way = 'request' | 'answer';

const includes = (types: string[], type: string): boolean =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

/** Beyond a bound that was said before; one that is said for the first time describes what held already. */
function narrowerBounds(before: Schema, after: Schema): string[] {
  const isLess = (name: string) => Number(after[name]) < Number(before[name]);
  const isMore = (name: string) => Number(after[name]) > Number(before[name]);
  return [
    ...['maxLength', 'maximum', 'maxItems'].filter(isLess).map((name) => `${name} is lower`),
    ...['minLength', 'minimum', 'minItems'].filter(isMore).map((name) => `${name} is higher`),
  ];
}

function typeBreaks(way: Way, before: Schema, after: Schema): string[] {
  const [narrow, wide] = way === 'answer' ? [after, before] : [before, after];
  const own = typesOf(wide);
  if (own.length === 0) return [];
  const extra = typesOf(narrow).filter((type) => !includes(own, type));
  return extra.map((type) => (way === 'answer' ? `may be ${type} now` : `may not be ${type} any more`));
}

function valueBreaks(way: Way, before: Schema, after: Schema): string[] {
  const [known, now] = [valuesOf(before), valuesOf(after)];
  const closed = way === 'request' && now && !known ? ['takes only some values now'] : [];
  const gone = (known ?? []).filter((value) => value !== null && now && !now.includes(value));
  return [...closed, ...gone.map((value) => `the value ${String(value)} is gone`)];
}

function fieldBreaks(way: Way, both: Contracts, before: Schema, after: Schema, seen: string): string[] {
  const [were, are] = [before.required ?? [], after.required ?? []];
  const required = are.filter((name) => way === 'request' && !were.includes(name));
  const missing = were.filter((name) => way === 'answer' && !are.includes(name) && after.properties?.[name]);
  const below = Object.entries(before.properties ?? {}).flatMap(([name, field]) => {
    const now = after.properties?.[name];
    const found = now ? schemaBreaks(way, both, field, now, seen) : [`is gone`];
    return found.map((one) => `${name}: ${one}`);
  });
  return [
    ...required.map((name) => `${name}: is required now`),
    ...missing.map((name) => `${name}: may be missing now`),
    ...below,
  ];
}

function oneBreaks(way: Way, both: Contracts, before: Schema, after: Schema, seen: string): string[] {
  const fields = after.properties || before.required ? fieldBreaks(way, both, before, after, seen) : [];
  const isMap = ({ additionalProperties }: Schema) => typeof additionalProperties === 'object';
  const values =
    isMap(before) && isMap(after)
      ? schemaBreaks(
          way,
          both,
          before.additionalProperties as Schema,
          after.additionalProperties as Schema,
          seen,
        )
      : [];
  return [
    ...typeBreaks(way, before, after),
    ...valueBreaks(way, before, after),
    ...(way === 'request' ? narrowerBounds(before, after) : []),
    ...fields,
    ...values.map((one) => `each: ${one}`),
    ...(before.items && after.items ? schemaBreaks(way, both, before.items, after.items, seen) : []),
  ];
}

/** One of the alternatives, which come when they are asked for, has to be as before. */
function schemaBreaks(way: Way, both: Contracts, before: Schema, after: Schema, seen = ''): string[] {
  const step = `${before.$ref} ${after.$ref},`;
  if (before.$ref !== undefined && seen.includes(step)) return [];
  const pairs = alternatives(both.before, before).flatMap((was) =>
    alternatives(both.after, after).map((is) => oneBreaks(way, both, was, is, seen + step)),
  );
  return pairs.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

function bodyBreaks(way: Way, both: Contracts, before: Body, after: Body): string[] {
  return Object.entries(before.content ?? {}).flatMap(([type, { schema }]) => {
    const now = after.content?.[type];
    if (!now) return [`${type} is gone`];
    return schema && now.schema ? schemaBreaks(way, both, schema, now.schema) : [];
  });
}

function parameterBreaks(both: Contracts, before: Operation, after: Operation): string[] {
  const nameOf = (one: Parameter) => `${one.in} ${one.name}`;
  const were = (before.parameters ?? []).map((one) => resolved(both.before, one));
  const are = (after.parameters ?? []).map((one) => resolved(both.after, one));
  const required = are.filter(
    (one) => one.required && !were.find((was) => nameOf(was) === nameOf(one))?.required,
  );
  const changed = were.flatMap((was) => {
    const now = are.find((one) => nameOf(one) === nameOf(was));
    if (!now) return [`${nameOf(was)}: is gone`];
    const found = schemaBreaks('request', both, was.schema ?? {}, now.schema ?? {});
    return found.map((one) => `${nameOf(was)}: ${one}`);
  });
  return [...required.map((one) => `${nameOf(one)}: is required now`), ...changed];
}

function answerBreaks(both: Contracts, before: Operation, after: Operation): string[] {
  const answered = Object.entries(before.responses).filter(([status]) => Number(status) < 400);
  return answered.flatMap(([status, was]) => {
    const given = after.responses[status];
    if (!given) return [`${status}: is gone`];
    const [old, now] = [resolved(both.before, was), resolved(both.after, given)];
    const headers = Object.keys(old.headers ?? {}).filter((name) => !now.headers?.[name]);
    return [
      ...headers.map((name) => `${status}: the header ${name} is gone`),
      ...bodyBreaks('answer', both, old, now).map((one) => `${status}: ${one}`),
    ];
  });
}

function operationBreaks(both: Contracts, before: Operation, after: Operation): string[] {
  const [was, now] = [before.requestBody ?? {}, after.requestBody ?? {}];
  const body = now.required && !was.required ? ['the body: is required now'] : [];
  return [
    ...parameterBreaks(both, before, after),
    ...body,
    ...bodyBreaks('request', both, was, now).map((one) => `the body: ${one}`),
    ...answerBreaks(both, before, after),
  ];
}

function codeBreaks({ before, after }: Contracts): string[] {
  const codesOf = ({ components }: Contract) =>
    valuesOf(components.schemas['Problem']?.properties?.['code'] ?? {}) ?? [];
  const codes = codesOf(after);
  return codesOf(before).flatMap((code) =>
    codes.includes(code) ? [] : [`the code ${String(code)} is gone`],
  );
}

/** Everything that a client of the earlier contract would stumble over; none where it goes on as before. */
export function contractBreaks(before: Contract, after: Contract): string[] {
  const both = { before, after };
  const operations = Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, was]) => {
      const now = after.paths[path]?.[method];
      const found = now ? operationBreaks(both, was, now) : ['is gone'];
      return found.map((one) => `${method.toUpperCase()} ${path}: ${one}`);
    }),
  );
  return [...operations, ...codeBreaks(both)];
}
