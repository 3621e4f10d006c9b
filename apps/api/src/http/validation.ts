import { problem, type FieldFault } from '@app/platform';
import type { z } from 'zod';

interface OwnParams {
  code?: string;
  params?: Record<string, unknown>;
}

/** The JSON pointer (RFC 6901) for a path into the body. */
function pointerOf(path: PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The client's value at a path of its body or query. */
function sentAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** The length, count or value that a limit applies to. */
function sizeOf(value: unknown, origin: string): number {
  if (origin === 'number' || origin === 'int') return Number(value);
  return Array.isArray(value) ? value.length : [...String(value)].length;
}

function describe(
  issue: z.core.$ZodIssue,
  value: unknown,
): { code: string; params: Record<string, unknown> } {
  const actual = (origin: string) => sizeOf(sentAt(value, issue.path), origin);
  switch (issue.code) {
    case 'custom': {
      const own = issue.params as OwnParams | undefined;
      return { code: own?.code ?? 'invalid', params: own?.params ?? {} };
    }
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('undefined')
        ? { code: 'required', params: {} }
        : { code: 'wrong_type', params: { expected: issue.expected } };
    case 'too_big':
      return {
        code: issue.origin === 'number' ? 'too_large' : 'too_long',
        params: { limit: Number(issue.maximum), actual: actual(issue.origin) },
      };
    case 'too_small':
      return {
        code: issue.origin === 'number' ? 'too_small' : 'too_short',
        params: { limit: Number(issue.minimum), actual: actual(issue.origin) },
      };
    case 'invalid_value':
      return { code: 'not_allowed', params: { allowed: issue.values } };
    case 'invalid_format':
      return { code: 'wrong_format', params: { format: issue.format } };
    default:
      return { code: 'invalid', params: {} };
  }
}

function faultsOf(issue: z.core.$ZodIssue, value: unknown, place: 'body' | 'query'): FieldFault[] {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  const what =
    issue.code === 'unrecognized_keys' ? { code: 'unknown_field', params: {} } : describe(issue, value);
  return paths.map((path) =>
    place === 'body'
      ? { pointer: pointerOf(path), ...what }
      : { parameter: path.map(String).join('.'), ...what },
  );
}

/**
 * Validates a body or a query against its schema.
 *
 * @throws Problem 422 `validation_failed` with every fault at once
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: 'body' | 'query',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, value, place));
  throw problem('validation_failed', { errors: faults.filter((fault) => !isMoot(fault, faults)) });
}

const placeOf = ({ pointer, parameter }: FieldFault) => pointer ?? parameter;

/** A length fault is meaningless for a value of the wrong type. */
function isMoot(fault: FieldFault, faults: FieldFault[]): boolean {
  return (
    fault.code !== 'wrong_type' &&
    faults.some((other) => other.code === 'wrong_type' && placeOf(other) === placeOf(fault))
  );
}

/** Refuses a single field that a service found invalid, in the same format. */
export function fieldFault(fault: Omit<FieldFault, 'params'> & { params?: Record<string, unknown> }) {
  return problem('validation_failed', { errors: [{ params: {}, ...fault }] });
}
