/** For an application's environment: its clock runs ahead, so that tests need not wait for minutes. */
export function clockAhead(seconds: number): Record<string, string> {
  const program = `
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...parts) { super(...(parts.length > 0 ? parts : [Real.now() + ${seconds * 1000}])); }
      static now() { return Real.now() + ${seconds * 1000}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
}
