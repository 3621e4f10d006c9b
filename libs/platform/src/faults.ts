import { isInstalled } from './command-line.js';

/**
 * A fault that an operator can fix, in one sentence: what is wrong, and what to do. Programs log it when they cannot start, and
 * `narwhal doctor` reports it before they try.
 */
export interface Fault {
  text: string;
  /** Whether it may disappear on its own: a server starts, a network returns. */
  passes: boolean;
}

/** Errors of a dependency that is away or refuses work for now: codes of sockets, of PostgreSQL, of PgBouncer. */
const awayCodes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P0[1-5]|53\d{3}|08[\dP]\d\d|25006|25P03)$/;
/** This machine, or this process, may open no more files and connections. */
const fullCodes = /^(EMFILE|ENFILE)$/;
/** Errors of pg without a code. */
const awayMessages =
  /connection terminated|timeout expired|timeout exceeded when trying to connect|not queryable|Cannot use a pool after/i;

/** Temporary failures without a bug behind them: a store that is away, or no more file descriptors. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  return (
    awayCodes.test(code) ||
    fullCodes.test(code) ||
    (error instanceof Error && awayMessages.test(error.message))
  );
}

/** The error's code, also when several addresses of a name were tried at once. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || !('code' in error)) return '';
  return String(error.code);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A URL's host and port, without user and password. */
export function placeOf(url: string): string {
  try {
    const { hostname, port } = new URL(url.replace(/^(rediss?)\+(cluster|sentinel)/, '$1'));
    const host = decodeURIComponent(hostname);
    return port ? `${host}:${port}` : host;
  } catch {
    return 'an address that cannot be read';
  }
}

function userOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).username) || 'nobody';
  } catch {
    return 'nobody';
  }
}

function unreachable(code: string, what: string, setting: string, url: string): Fault | null {
  const place = placeOf(url);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      text: `The name of ${what} (${place}) is not known: correct ${setting}, or fix DNS.`,
      passes: true,
    };
  }
  if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET'].includes(code)) {
    return {
      text: `${what} does not listen at ${place}: start it there, or correct ${setting}.`,
      passes: true,
    };
  }
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) {
    return {
      text: `${what} at ${place} does not answer: open its port in the firewall between here and there, or correct ${setting}.`,
      passes: true,
    };
  }
  return null;
}

/** Why PostgreSQL at `url` could not be used. */
export function databaseFault(error: unknown, url: string, setting = 'DATABASE_URL'): Fault {
  const code = codeOf(error);
  const [place, user] = [placeOf(url), userOf(url)];
  const words: Record<string, [string, boolean?]> = {
    '28P01': [
      `PostgreSQL at ${place} refuses the password of ${user}: correct it in ${setting}, or set it there with ALTER ROLE.`,
    ],
    '28000': [
      `PostgreSQL at ${place} does not let ${user} in from here: add a line for it to pg_hba.conf there, and reload.`,
    ],
    '3D000': [
      `PostgreSQL at ${place} has no such database: create it (sudo -u postgres createdb -O ${user} narwhal), or correct ${setting}.`,
    ],
    '42501': [`PostgreSQL does not let ${user} do that: make it the owner of the database and its tables.`],
    '53300': [
      `PostgreSQL at ${place} has no connection left: lower DATABASE_POOL, raise max_connections, or put PgBouncer in front.`,
      true,
    ],
    '57P03': [`PostgreSQL at ${place} is starting or stopping: wait, or look at its log.`, true],
    '53100': [`The disk of PostgreSQL at ${place} is full: make room there.`, true],
  };
  const known = words[code];
  if (known) return { text: known[0], passes: known[1] ?? false };
  const away = /timeout/i.test(messageOf(error)) ? 'ETIMEDOUT' : code;
  return (
    unreachable(away, 'PostgreSQL', setting, url) ?? {
      text: `PostgreSQL at ${place} cannot be used (${messageOf(error)}): look at its log, and at ${setting}.`,
      passes: true,
    }
  );
}

/** Without a cause, sentinels answered, and know no such primary. */
function sentinelFault(name: string, cause: string | undefined, setting: string): Fault {
  if (cause === undefined)
    return {
      text: `The sentinels know no primary ${name}: correct the name in ${setting}, or let them watch it.`,
      passes: true,
    };
  if (/WRONGPASS|NOAUTH/.test(cause))
    return { text: 'The sentinels refuse the password: correct it in REDIS_SENTINELS.', passes: false };
  return {
    text: `None of the sentinels answers (${cause}): start them, open their port, or correct REDIS_SENTINELS.`,
    passes: true,
  };
}

/** Why Redis at `url` could not be used. */
export function redisFault(error: unknown, url: string, setting = 'REDIS_URL'): Fault {
  const place = placeOf(url);
  const [, silence, cause] = /^(All sentinels)[^.]*\.(?: Last error: (.*))?/.exec(messageOf(error)) ?? [];
  if (silence) return sentinelFault(place, cause, setting);
  if (/WRONGPASS|NOAUTH|invalid username-password/.test(messageOf(error))) {
    return { text: `Redis at ${place} refuses the password: correct it in ${setting}.`, passes: false };
  }
  const away = /timed? ?out/i.test(messageOf(error)) ? 'ETIMEDOUT' : codeOf(error);
  return (
    unreachable(away, 'Redis', setting, url) ?? {
      text: `Redis at ${place} cannot be used (${messageOf(error)}): look at its log, and at ${setting}.`,
      passes: true,
    }
  );
}

/** Why a program cannot listen on a port. */
export function portFault(code: string, port: number, holder = 'another program'): Fault {
  if (code === 'EADDRINUSE') {
    const look = `sudo ss -ltnp 'sport = :${port}'`;
    return {
      text: `Port ${port} is taken by ${holder}: stop that (${look} shows it), or choose another port.`,
      passes: true,
    };
  }
  if (code === 'EACCES') {
    return { text: `Port ${port} may only be used by root: choose one above 1023.`, passes: false };
  }
  return {
    text: `This machine lacks the address to listen on port ${port} (${code}): correct HOST.`,
    passes: false,
  };
}

/** Why a folder cannot be used. */
export function folderFault(code: string, folder: string, setting: string, installed = isInstalled): Fault {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      text: `The disk of ${folder} is full: make room on it, or move ${setting} to a larger one.`,
      passes: true,
    };
  }
  if (code === 'EROFS') {
    return { text: `The disk of ${folder} is read-only: repair it, or move ${setting}.`, passes: false };
  }
  const owner = installed
    ? `the user narwhal (sudo chown -R narwhal:narwhal ${folder})`
    : `the user who runs Narwhal (sudo chown -R "$USER" ${folder})`;
  return {
    text: `${folder} cannot be written (${code}): give it to ${owner}, or correct ${setting}.`,
    passes: false,
  };
}

/** Why a program did not start, if an operator can fix it; null for a bug. */
export function startFault(
  error: unknown,
  config: { PORT: number; DATABASE_URL: string; STORAGE_DIR: string },
): Fault | null {
  const code = codeOf(error);
  if (!(error instanceof Error)) return null;
  const { syscall, port, path } = error as NodeJS.ErrnoException & { port?: number };
  if (syscall === 'listen') return portFault(code, port ?? config.PORT);
  if (['ENOSPC', 'EDQUOT', 'EROFS'].includes(code) || (['EACCES', 'EPERM'].includes(code) && path)) {
    return folderFault(code, path ?? config.STORAGE_DIR, 'STORAGE_DIR');
  }
  const ofDatabase = syscall === 'connect' || syscall === 'getaddrinfo' || /^[0-9A-Z]{5}$/.test(code);
  if (ofDatabase || /timeout/i.test(error.message)) return databaseFault(error, config.DATABASE_URL);
  return null;
}

/** Ends a program that cannot start: with one sentence if an operator can fix it, with the whole error otherwise. */
export function exitForFault(
  program: string,
  error: unknown,
  config: Parameters<typeof startFault>[1],
): never {
  const fault = startFault(error, config);
  const words = fault?.text ?? (error instanceof Error ? error.stack : String(error));
  process.stderr.write(`${program}: ${words}\n`);
  process.exit(1);
}
