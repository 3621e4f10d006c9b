import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';

interface Changes {
  /** `ROLE`, `URL` and so on, as infra/ubuntu/cloud-init.yaml has them. */
  settings: Readonly<Record<string, string>>;
  /** The values that the file leaves empty. */
  local?: readonly string[];
  nginx?: readonly string[];
}

/** infra/ubuntu/cloud-init.yaml with an operator's edits, from which a server is made. */
export function userData({ settings, local = [], nginx = [] }: Changes): string {
  let text = readFileSync(join(root, 'infra/ubuntu/cloud-init.yaml'), 'utf8');
  const replace = (pattern: RegExp, by: string) => {
    if (!pattern.test(text)) throw new Error(`expected ${String(pattern)} in cloud-init.yaml`);
    text = text.replace(pattern, by);
  };
  for (const [name, value] of Object.entries(settings)) {
    replace(new RegExp(`^( +NARWHAL_${name}=).*$`, 'm'), `$1${value}`);
  }
  for (const [file, lines] of [
    ['local.env', local],
    ['nginx.options', nginx],
  ] as const) {
    const block = ['|', ...lines.map((line) => `      ${line}`)].join('\n');
    if (lines.length > 0)
      replace(new RegExp(`(path: /run/narwhal-${file}\n.*\n +content: )''`), `$1${block}`);
  }
  return text;
}
