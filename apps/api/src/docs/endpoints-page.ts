import { page } from './look.js';

/** Swagger UI over our own file. This server serves everything that the page loads. */
export const endpointsPage = page({
  title: 'Endpoints',
  path: '/docs',
  light: true,
  head: '<link rel="stylesheet" href="/docs/swagger-ui.css">\n',
  body: `<div id="contract"></div>
<noscript><main><p>This page needs JavaScript; <a href="/openapi.json">openapi.json</a> does not.</p></main></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>`,
});

/** A separate file, because the pages allow no inline script. */
export const startScript = `
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#contract',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;
