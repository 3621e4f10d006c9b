import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import { LogOutput } from './log-output.js';
import { scrub } from './scrub.js';

export type { Logger } from 'pino';

/** Fields that must never reach a log line, at any depth of an object. */
const secrets = ['password', 'token', 'accessToken', 'refreshToken', 'authorization', 'email', 'cookie'];

/** Frames name files and lines of ours; the message before them may quote user input. */
const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

/** A library's error, a store's, ours: a longer chain of causes is a loop. */
const MOST_CAUSES = 4;

/**
 * Logs only an error's identifying parts, scrubbed: pg's `detail` quotes the row, and a row may hold an address. The causes are
 * included: they hold the reason why a photo is rejected.
 */
function describeError(error: unknown, causes = MOST_CAUSES): unknown {
  if (typeof error === 'string') return scrub(error);
  if (!(error instanceof Error)) return error;
  const { name, message, stack = '', cause } = error;
  const described = { name, message: scrub(message), code: (error as { code?: unknown }).code };
  const because = cause === undefined || causes === 0 ? {} : { cause: describeError(cause, causes - 1) };
  return { ...described, ...because, stack: framesOf(stack) };
}

let output: LogOutput | undefined;

let stampedAt = 0;
let stamp = '';

/** Like pino's `isoTime`, but cached: many lines share a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== stampedAt) stamp = `,"time":"${new Date(now).toISOString()}"`;
  stampedAt = now;
  return stamp;
}

/** One JSON line per event, to standard output: the process manager stores it. */
export function createLogger(name: string, level: string): Logger {
  output ??= new LogOutput();
  const options = {
    name,
    level,
    base: { name, pid: process.pid },
    timestamp: isoTime,
    redact: { paths: secrets.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[removed]' },
    serializers: {
      error: (error: unknown) => describeError(error),
      // Usually an error's message, which may quote user input.
      reason: (reason: unknown) => (typeof reason === 'string' ? scrub(reason) : reason),
    },
    formatters: { level: (label: string) => ({ level: label }) },
    onChild: (child: Logger) => void loggers.add(child),
  };
  const logger = pino(options, output);
  usual = level;
  loggers.add(logger);
  return logger;
}

/** Every log of this process; a child keeps its initial level. */
const loggers = new Set<Logger>();
let usual = 'info';
let back: NodeJS.Timeout | undefined;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The current level. */
export function logLevel(): string {
  return [...loggers][0]?.level ?? usual;
}

/** Changes the level, for `seconds` or until the next change. */
export function setLogLevel(level: (typeof logLevels)[number], seconds?: number): void {
  clearTimeout(back);
  for (const logger of loggers) logger.level = level;
  if (seconds === undefined) return;
  back = setTimeout(() => {
    for (const logger of loggers) logger.level = usual;
  }, seconds * 1_000);
  back.unref();
}

/** Nest's own messages, as lines of the same log; its start-up messages only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  return {
    log: (message: unknown, context?: string) => logger.debug({ context }, String(message)),
    debug: (message: unknown, context?: string) => logger.debug({ context }, String(message)),
    verbose: (message: unknown, context?: string) => logger.trace({ context }, String(message)),
    warn: (message: unknown, context?: string) => logger.warn({ context }, String(message)),
    error: (message: unknown, stack?: string, context?: string) =>
      logger.error({ stack, context }, String(message)),
    fatal: (message: unknown, context?: string) => logger.fatal({ context }, String(message)),
  };
}
