interface Declared {
  pattern: RegExp;
  method: string;
}

const declared: Declared[] = [];

/** Registers a route, so that another method on its path gets 405 instead of 404. */
export function declareRoute(method: string, path: string): void {
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  declared.push({ pattern: new RegExp(`^${source}/?$`), method });
}

/** The methods of a path, as `Allow` lists them. Empty for an unknown path. */
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
