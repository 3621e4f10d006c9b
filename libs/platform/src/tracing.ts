import { AsyncLocalStorage } from 'node:async_hooks';

/** The kind of a span: the recorder has OpenTelemetry's attributes for each. */
export type SpanKind = 'request' | 'send' | 'receive' | 'sql' | 'redis' | 'work';

/** One operation of a trace, in progress. Its name and attributes are names of our own: no text by people, no ids of people. */
export interface Span {
  readonly traceId: string;
  /** In W3C's header format, for processes that continue this trace. */
  readonly traceparent: string;
  readonly isOpen: boolean;
  rename(name: string): void;
  set(attribute: string, value: string | number): void;
  /** Ends it, as failed if an error is given; a second call does nothing. */
  end(error?: unknown): void;
}

/** Stores spans: libs/watch, if an exporter is configured. */
export interface Recorder {
  /** A recorded operation of a trace; null when the trace has too many already. */
  child(kind: SpanKind, name: string, parent: Span): Span | null;
  /**
   * The first span of this process in a trace. `traceparent` is trusted: it continues that trace if it is recorded; without one
   * a new trace begins, for a sample. Null when nothing is recorded.
   */
  first(kind: SpanKind, name: string, traceparent: string | null): Span | null;
}

const current = new AsyncLocalStorage<Span>();
let recorder: Recorder | null = null;

/** From now on `recorder` stores spans; null: nothing is stored, and all functions below do nothing. */
export function recordSpans(by: Recorder | null): void {
  recorder = by;
}

/** Begins an operation of the current trace; undefined without one, so that a caller needs only `?.`. */
export function beginSpan(kind: SpanKind, name: string): Span | undefined {
  if (recorder === null) return undefined;
  const parent = current.getStore();
  // A timer set inside a trace fires after the trace is over; its work belongs to no trace.
  return parent?.isOpen ? (recorder.child(kind, name, parent) ?? undefined) : undefined;
}

/** Begins this process's part of a trace; see `Recorder.first`. */
export function beginTrace(
  kind: SpanKind,
  name: string,
  traceparent: string | null = null,
): Span | undefined {
  return recorder?.first(kind, name, traceparent) ?? undefined;
}

/** Runs work whose operations belong to a span; does not end the span. */
export function within<Result>(span: Span, work: () => Result): Result {
  return current.run(span, work);
}

/** Ends a span with a promise's outcome, and returns the promise. */
export function until<Result>(span: Span | undefined, outcome: Promise<Result>): Promise<Result> {
  if (span)
    outcome.then(
      () => span.end(),
      (error: unknown) => span.end(error),
    );
  return outcome;
}

/** Runs work as a span with its own operations; without a trace it only runs the work. */
export function traced<Result>(kind: SpanKind, name: string, work: () => Promise<Result>): Promise<Result> {
  const span = beginSpan(kind, name);
  return span ? until(span, within(span, work)) : work();
}

/** Like `traced`, for work that begins here or continues from another process. */
export function tracedFrom<Result>(
  traceparent: string | null,
  [kind, name]: readonly [SpanKind, string],
  work: () => Promise<Result>,
): Promise<Result> {
  const span = beginTrace(kind, name, traceparent);
  return span ? until(span, within(span, work)) : work();
}
