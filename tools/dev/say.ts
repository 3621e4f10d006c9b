/** The launcher's messages: short lines on stdout, faults on stderr. A closed terminal must not end the launcher. */
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** An error that the user can fix: shown as its sentence alone, without a stack. */
export class Refusal extends Error {
  override name = 'Refusal';
}

export function describe(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return `The disk is full${path ? ` (${path})` : ''}: make room on it.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
