import { limits, problem, problemParams, problemTable, type Param, type ProblemCode } from '@app/platform';

/** A refusal's status and code, as sent to clients. */
export const wireOf = (code: ProblemCode) => {
  const { status, code: wire } = problem(code);
  return { status, code: wire };
};

const allCodes = Object.keys(problemTable) as ProblemCode[];
const wired = [...new Set(allCodes.map((code) => wireOf(code).code))].toSorted();

const text = (maxLength: number, description: string, example: string) => ({
  type: 'string',
  maxLength,
  description,
  examples: [example],
});

/** A code or a status as a name: `not_found` is NotFound. */
export const nameOf = (words: string): string =>
  words
    .split(/[^A-Za-z]+/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');

const paramOf = ([type, description]: Param) => ({
  type,
  description,
  ...(type === 'string' ? { maxLength: 500 } : {}),
  ...(type === 'array' ? { maxItems: 20, items: { type: 'string', maxLength: 100 } } : {}),
});

/** The schema of a code's `params`, where it has some: `photo_too_large` has PhotoTooLargeParams. */
const paramsSchemas = Object.fromEntries(
  Object.entries(problemParams).map(([code, params]) => [
    `${nameOf(code)}Params`,
    {
      type: 'object',
      description: `The \`params\` of \`${code}\`.`,
      properties: Object.fromEntries(Object.entries(params).map(([name, one]) => [name, paramOf(one)])),
      required: Object.entries(params).flatMap(([name, [, , presence]]) => (presence ? [] : [name])),
    },
  ]),
);
const paramsRefs = Object.fromEntries(
  Object.keys(problemParams).map((code) => [code, { $ref: `#/components/schemas/${nameOf(code)}Params` }]),
);

/** The fault of a field; `params` say by how much. */
export const faultCodes = {
  character_not_allowed: 'character, position',
  duplicate: '',
  incomplete: 'expected',
  invalid: '',
  not_allowed: 'allowed',
  not_an_id: '',
  required: '',
  reserved: '',
  tag_too_long: 'limit, actual',
  too_large: 'limit, actual',
  too_long: 'limit, actual',
  too_many: 'limit, and actual where it is known',
  too_many_mentions: 'limit, actual',
  too_many_tags: 'limit, actual',
  too_short: 'limit, actual',
  too_small: 'limit, actual',
  unknown_field: '',
  wrong_format: 'expected or format',
  wrong_type: 'expected',
};

const fault = {
  type: 'object',
  description: 'One fault of one field.',
  properties: {
    // Field names are the client's own, and as long as its body; two characters for one that a pointer escapes.
    pointer: text(2 * limits.json.bytes, 'Where in the body: a JSON pointer (RFC 6901).', '/caption'),
    parameter: text(limits.json.bytes, 'Which parameter of the query or header.', 'limit'),
    code: {
      ...text(100, 'What is wrong.', 'too_long'),
      'x-extensible-enum': Object.keys(faultCodes),
      'x-params': faultCodes,
    },
    params: {
      type: 'object',
      description: 'The numbers; which there are is in `x-params` of `code`.',
      additionalProperties: true,
      examples: [{ limit: 2200, actual: 2201 }],
    },
  },
  required: ['code', 'params'],
};

/** Schemas of the one format of all refusals. */
export const problemSchemas = {
  ...paramsSchemas,
  Problem: {
    type: 'object',
    description:
      'A refusal (RFC 9457). Act on `code`; `detail` is English, for developers. Which codes an operation may answer is in its `x-problems`.',
    properties: {
      type: {
        ...text(200, 'The code in the table of all of them.', '/docs/problems#not_found'),
        format: 'uri-reference',
      },
      title: text(100, 'The code in words.', 'not found'),
      status: { type: 'integer', description: 'The status of the answer.', maximum: 599, examples: [404] },
      detail: text(5_000, 'What is wrong, in English.', 'There is nothing here that you may see.'),
      code: {
        type: 'string',
        maxLength: 100,
        description: 'What is wrong; stable.',
        'x-extensible-enum': wired,
      },
      params: {
        type: 'object',
        description: 'The numbers; which there are is in `x-params`, by code. Other codes have none.',
        additionalProperties: true,
        'x-params': paramsRefs,
      },
      requestId: text(100, 'Names the request in the logs.', '0b0e7f0c-6d1e-4f0a'),
      errors: {
        type: 'array',
        description: 'With `validation_failed`: every fault at once.',
        maxItems: limits.json.bytes,
        items: { $ref: '#/components/schemas/FieldFault' },
      },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'params', 'requestId'],
  },
  FieldFault: fault,
};
