import {
  createDocument,
  type ZodOpenApiComponentsObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { version } from '@app/platform';
import { description, tags } from './about.js';
import { operations } from '../api.module.js';
import { answerHeaders, requestHeaders } from './headers.js';
import { describeOperation } from './operation.js';
import { problemResponses, problemSchemas } from './problem-answers.js';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Responses may grow, so nothing forbids further fields in them; the bounds of a double are not limits of ours. */
const override: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

function paths(): ZodOpenApiPathsObject {
  const found: ZodOpenApiPathsObject = {};
  for (const operation of operations()) {
    const { path, method } = operation.endpoint;
    const template = path.replace(/:(\w+)/g, '{$1}');
    found[template] = { ...found[template], [method.toLowerCase()]: describeOperation(operation) };
  }
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Builds the whole contract from the declared endpoints alone, without starting or connecting to anything. */
export function openApiDocument(): OpenApiDocument {
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Narwhal',
        version,
        description,
        license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
      },
      servers: [{ url: '/', description: 'The instance that serves this file.' }],
      tags,
      paths: paths(),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'The `accessToken` of a session; 15 minutes.',
          },
        },
        schemas: problemSchemas,
        responses: problemResponses(operations().map(({ endpoint }) => endpoint)),
        headers: answerHeaders,
        parameters: requestHeaders,
      } as ZodOpenApiComponentsObject,
    },
    { override },
  );
  return sorted(document);
}

/** Sorts components by name, so that the order of first use does not change the file. */
function sorted(document: OpenApiDocument): OpenApiDocument {
  const schemas = Object.entries(document.components?.schemas ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** The text of the file, as committed and served. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), null, 2)}\n`;
}
