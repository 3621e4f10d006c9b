import { forbidden, isId, storedForm } from '@app/platform';
import { z } from 'zod';

const forbiddenInLine = new RegExp(`${forbidden.source}|[\\n\\r\\t\\u2028\\u2029]`, 'u');

interface TextOptions {
  max: number;
  min?: number;
  multiline?: boolean;
}

type Fault = { code: string; params: Record<string, unknown> };

/** The first forbidden character, and its offset in the client's text, in UTF-16 units. */
function characterFault(given: string, multiline: boolean): Fault | null {
  const trimmed = given.trimStart();
  const found = (multiline ? forbidden : forbiddenInLine).exec(trimmed.trimEnd());
  if (!found) return null;
  const hex = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const position = given.length - trimmed.length + found.index;
  return { code: 'character_not_allowed', params: { character: `U+${hex}`, position } };
}

function lengthFault(text: string, { max, min = 0 }: TextOptions): Fault | null {
  const actual = [...text].length;
  if (actual > max) return { code: 'too_long', params: { limit: max, actual } };
  return actual < min ? { code: 'too_short', params: { limit: min, actual } } : null;
}

/** `last`: skips the field's further checks after this fault, since they could report nothing useful. */
function fault(of: (value: string) => Fault | null, last = false) {
  return (value: string, context: z.core.$RefinementCtx<string>): void => {
    const found = of(value);
    if (found) context.addIssue({ code: 'custom', params: found, message: found.code, continue: !last });
  };
}

/** Free text: NFC, trimmed, counted in code points, without control characters; empty when nothing in it is visible. */
export function text(options: TextOptions) {
  return z
    .string()
    .superRefine(fault((given) => characterFault(given, options.multiline ?? false), true))
    .overwrite(storedForm)
    .superRefine(fault((value) => lengthFault(value, options)))
    .meta({ maxLength: options.max, ...(options.min ? { minLength: options.min } : {}) });
}

/** Refuses a field with one of our own codes. */
export function refuse<Value>(
  check: (value: Value) => boolean,
  code: string,
  params: Record<string, unknown> | ((value: Value) => Record<string, unknown>) = {},
) {
  return (value: Value, context: z.core.$RefinementCtx<Value>): void => {
    if (check(value)) return;
    const numbers = typeof params === 'function' ? params(value) : params;
    context.addIssue({ code: 'custom', params: { code, params: numbers }, message: code, input: value });
  };
}

/** How an id is described. */
export const decimal = {
  description: 'A 64-bit id, as decimal text.',
  example: '236402688000123904',
  pattern: '^[1-9][0-9]{0,18}$',
  maxLength: 19,
};

/** A 64-bit id as decimal text. */
export const id = z.string().superRefine(refuse(isId, 'not_an_id')).meta(decimal);

/** An id in the path. The guard answers 404 for a malformed one, so a handler always gets an id. */
export const pathId = z.string().meta(decimal);

/** A timestamp in UTC, always with three decimals. */
export const time = z.string().meta({
  description: 'When, in UTC.',
  format: 'date-time',
  maxLength: 24,
  example: '2026-11-22T12:08:00.000Z',
});

/** A text of an answer, of at most so many code points. Answers are not checked when they are sent, but by every test. */
export const shown = (maxLength: number, description: string) => z.string().meta({ description, maxLength });

/** An address in an answer: PUBLIC_URL or MEDIA_URL, which are shorter by half, and a path of ours. */
export const address = (description: string) =>
  z.string().meta({ description, format: 'uri', maxLength: 2_048 });

/** A code of an answer that is text to this code, since another release may have written it. */
export const knownCode = (known: readonly string[], description: string) =>
  z.string().meta({ description, maxLength: 100, 'x-extensible-enum': known });

export const count = (description: string) => z.int().min(0).meta({ description });

export const flag = (description: string) => z.boolean().meta({ description });
