import { isId } from '@app/platform';
import { z } from 'zod';

/** Control characters except line feed and tab, and the overrides that turn the direction of text around them. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;
const lineBreaks = /[\n\t\u2028\u2029]/u;
/**
 * Something to see: neither spaces, nor marks without a letter, nor characters of no width. What is not assigned yet may
 * be next year's emoji.
 */
const visible = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

interface TextOptions {
  max: number;
  min?: number;
  multiline?: boolean;
}

type Fault = { code: string; params: Record<string, unknown> };

const isForbidden = (text: string): boolean => !text.isWellFormed() || forbidden.test(text);

/** As it is kept: what shows nothing is empty, so that nobody is called by a name that cannot be seen. */
function normal(given: string): string {
  const text = given.normalize('NFC').replace(/\r\n?/g, '\n').trim();
  return isForbidden(text) || visible.test(text) ? text : '';
}

function faultOf(text: string, { max, min = 0, multiline = false }: TextOptions): Fault | null {
  const actual = [...text].length;
  if (isForbidden(text)) return { code: 'character_not_allowed', params: {} };
  if (!multiline && lineBreaks.test(text)) return { code: 'character_not_allowed', params: {} };
  if (actual > max) return { code: 'too_long', params: { limit: max, actual } };
  if (actual < min) return { code: 'too_short', params: { limit: min, actual } };
  return null;
}

/** People's own words: NFC, trimmed, counted in code points, without control characters; empty when nothing of them is seen. */
export function text(options: TextOptions) {
  return z
    .string()
    .overwrite(normal)
    .superRefine((value, context) => {
      const fault = faultOf(value, options);
      if (fault) context.addIssue({ code: 'custom', params: fault, message: fault.code });
    })
    .meta({ maxLength: options.max, ...(options.min ? { minLength: options.min } : {}) });
}

/** A field's refusal under a code of our own. */
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

/** A 64-bit id as decimal text. */
export const id = z
  .string()
  .superRefine(refuse(isId, 'not_an_id'))
  .meta({ description: 'A 64-bit id, as decimal text.', example: '236402688000123904' });

/** An id in the path: one that is none names nothing, so it is not found. */
export const pathId = z
  .string()
  .meta({ description: 'A 64-bit id, as decimal text.', example: '236402688000123904' });

/** A moment, UTC, always with three decimals. */
export const time = z.string().meta({ format: 'date-time', example: '2026-11-22T12:08:00.000Z' });
