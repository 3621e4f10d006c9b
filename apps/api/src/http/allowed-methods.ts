interface Declared {
  pattern: RegExp;
  method: string;
}

const declared: Declared[] = [];

/** Remembers a route, so that another method on its path is answered 405 and not 404. */
export function declareRoute(method: string, path: string): void {
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  declared.push({ pattern: new RegExp(`^${source}/?$`), method });
}

/** The methods that a path answers, as `Allow` lists them; empty when the path is none of ours. */
export function allowedMethods(path: string): string[] {
  const methods = new Set<string>();
  for (const { pattern, method } of declared) {
    if (!pattern.test(path)) continue;
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
  }
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods].toSorted();
}
