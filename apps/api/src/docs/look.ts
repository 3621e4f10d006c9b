/** The style of the generated pages: one sheet, served beside them, so that no page needs an inline style. */
export const style = `
:root { --ink: #1d2733; --quiet: #5b6875; --line: #dfe5ea; --paper: #fff; --blue: #12608f; --tint: #f3f7fa; }
@media (prefers-color-scheme: dark) {
  .plain { color-scheme: dark; --ink: #e3e9ee; --quiet: #9aa7b3; --line: #33404c; --paper: #151b21; --blue: #6cb8e6; --tint: #1e262e; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.bar { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; padding: .8rem 1.25rem; background: #12344d; color: #fff; }
.bar strong { font-size: 1.15rem; letter-spacing: .02em; }
.bar a { color: #cfe6f5; }
.bar a[aria-current] { color: #fff; text-decoration: none; font-weight: 600; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
main h1 { font-size: 1.6rem; margin: 1rem 0 .25rem; }
main h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.quiet { color: var(--quiet); }
main pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; font-size: .85rem; }
dl { margin: 0; border-top: 1px solid var(--line); }
dl > div { display: grid; grid-template-columns: 17rem 1fr; gap: .25rem 1rem; padding: .55rem .5rem; border-bottom: 1px solid var(--line); }
dl > div:target { background: var(--tint); box-shadow: inset 3px 0 0 var(--blue); }
dt code { font-size: .92rem; }
dt a { color: var(--blue); text-decoration: none; }
dt a:hover { text-decoration: underline; }
dd { margin: 0; }
main var { font-style: normal; font-family: ui-monospace, monospace; font-size: .88em; color: var(--quiet); }
@media (max-width: 40rem) { dl > div { grid-template-columns: 1fr; } }
.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .scheme-container { box-shadow: none; border-bottom: 1px solid #dfe5ea; }
`;

const links = [
  ['/docs', 'Endpoints'],
  ['/docs/problems', 'Problems'],
  ['/openapi.json', 'openapi.json'],
  ['/openapi-3.0.json', '3.0'],
] as const;

interface Page {
  title: string;
  /** The page's own entry in `links`. */
  path: string;
  /** Further elements of the head. */
  head?: string;
  /** Swagger UI stays light in dark mode. */
  light?: boolean;
  body: string;
}

export function page({ title, path, head = '', light = false, body }: Page): string {
  const shown = links.map(
    ([href, name]) => `<a href="${href}"${href === path ? ' aria-current="page"' : ''}>${name}</a>`,
  );
  return `<!doctype html>
<html lang="en"${light ? '' : ' class="plain"'}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Narwhal</title>
<link rel="icon" href="/docs/favicon-32x32.png">
${head}<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav class="bar"><strong>Narwhal</strong>${shown.join('')}</nav>
${body}
</body>
</html>
`;
}
