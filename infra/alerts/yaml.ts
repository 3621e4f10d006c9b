/** A value of a configuration. */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value | undefined };

/** A text that YAML reads unchanged without quotes. */
const plain = /^[A-Za-z][\w ./-]*$/;
const words = /^(true|false|null|yes|no|on|off|y|n)$/i;

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return plain.test(value) && !words.test(value) ? value : JSON.stringify(value);
}

const isEmpty = (value: object): boolean => (Array.isArray(value) ? value : Object.keys(value)).length === 0;

function block(value: Value, indent: string): string {
  if (value === null || typeof value !== 'object') return ` ${scalar(value)}\n`;
  if (isEmpty(value)) return Array.isArray(value) ? ' []\n' : ' {}\n';
  return `\n${yaml(value, indent)}`;
}

/** Plain YAML: maps, lists and scalars, each on its own line. */
export function yaml(value: Value, indent = ''): string {
  if (value === null || typeof value !== 'object') return `${indent}${scalar(value)}\n`;
  if (Array.isArray(value)) {
    return (value as readonly Value[])
      .map((item) => `${indent}- ${yaml(item, `${indent}  `).slice(indent.length + 2)}`)
      .join('');
  }
  return Object.entries(value as Record<string, Value | undefined>)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => `${indent}${scalar(name)}:${block(item as Value, `${indent}  `)}`)
    .join('');
}
