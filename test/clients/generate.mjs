import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import { generate } from 'orval';

/** Makes the clients of hey-api and orval; `node generate.mjs openapi.json FOLDER`. */
const [input = '', folder = ''] = process.argv.slice(2);
await createClient({
  input,
  output: join(folder, 'hey-api'),
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
});
await generate({
  input: { target: input },
  output: { target: join(folder, 'orval.ts'), client: 'fetch', mode: 'single', baseUrl: '/' },
});
