import { createDocument, type ZodOpenApiComponentsObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { version } from '@app/platform';
import { description, tags } from './about.js';
import { operations } from '../api.module.js';
import { answerHeaders, headerComponent, requestHeaders } from './headers.js';
import { describeOperation } from './operation.js';
import { problemResponses } from './problem-answers.js';
import { problemSchemas } from './problem-schemas.js';
import { settled, shape } from './shapes.js';
import { threeZero } from './three-zero.js';

export type OpenApiDocument = ReturnType<typeof createDocument>;

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
        license: { name: 'MIT', identifier: 'MIT' },
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
        headers: Object.fromEntries(
          Object.entries(answerHeaders).map(([name, header]) => [headerComponent(name), header]),
        ),
        parameters: requestHeaders,
      } as ZodOpenApiComponentsObject,
    },
    { override: shape },
  );
  return sorted(settled(document));
}

/** Sorts components by name, so that the order of first use does not change the file. */
function sorted(document: OpenApiDocument): OpenApiDocument {
  const schemas = Object.entries(document.components?.schemas ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

const textOf = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

/** The text of the file, as committed and served. */
export const openApiText = (): string => textOf(openApiDocument());

/** The same in OpenAPI 3.0, as served at `/openapi-3.0.json`. */
export const threeZeroText = (): string => textOf(threeZero(openApiDocument()));
