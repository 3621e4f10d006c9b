import { everySetting } from '../../libs/platform/src/settings.js';

type Shape = (typeof everySetting.shape)[keyof typeof everySetting.shape];

/** As it would be written. */
function fallbackOf(shape: Shape): string {
  const result = shape.safeParse(undefined);
  if (!result.success) return '_must be set_';
  const value: unknown = typeof result.data === 'boolean' ? (result.data ? 'on' : 'off') : result.data;
  if (typeof value === 'string' || typeof value === 'number') return `\`${value}\``;
  const { host, port } = { host: '', port: 0, ...(value as object | undefined) };
  return host && `\`${host}:${port}\``;
}

function row([name, shape]: [string, Shape]): string {
  if (!shape.description) throw new Error(`expected a description of ${name} in settings.ts but it has none`);
  return `| \`${name}\` | ${fallbackOf(shape)} | ${shape.description} |`;
}

/** docs/settings.md. */
export function settingsPage(): string {
  return `# Settings

_Made from \`libs/platform/src/settings.ts\` by \`npm run watching\`._

Each is a variable of the environment; \`NAME_FILE\` names a file that holds the value of \`NAME\`, which is how secrets come to
containers and units: \`DATABASE_URL_FILE=/run/secrets/database-url\`. White space around it is no part of it; both, or a file that
cannot be read, are refused. \`npm run up\` makes what must be set and keeps it below \`.narwhal/secrets\`; the package has its settings in
\`/etc/narwhal\`, yours in \`local.env\`. Something that is empty counts as not set. All processes of an instance have the same settings, but
for ports and addresses; a process reads them when it starts, and says every one that is wrong in one sentence.

| setting | unless set | what it is |
| --- | --- | --- |
${Object.entries(everySetting.shape).map(row).join('\n')}
`;
}
