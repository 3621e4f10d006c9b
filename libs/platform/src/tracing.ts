import { AsyncLocalStorage } from 'node:async_hooks';

/** What a span stands for: each kind has its attributes of OpenTelemetry's conventions, beside the recorder. */
export type SpanKind = 'request' | 'send' | 'receive' | 'sql' | 'redis' | 'work';

/** One step of a trace, under way. Its name and attributes are names of our own: nothing that a person wrote, no ids of people. */
export interface Span {
  readonly traceId: string;
  /** As W3C's header says it, for whoever goes on with this trace. */
  readonly traceparent: string;
  readonly isOpen: boolean;
  rename(name: string): void;
  set(attribute: string, value: string | number): void;
  /** Ends it, as failed where an error is given; a second time: nothing. */
  end(error?: unknown): void;
}

/** Who keeps spans: libs/watch, where an exporter is configured. */
export interface Recorder {
  /** A step of a trace that is recorded; null when it has had too many already. */
  child(kind: SpanKind, name: string, parent: Span): Span | null;
  /**
   * The first span of this process in a trace. `traceparent` is believed: it continues that trace if it is recorded; without
   * one a trace of its own begins, for a sample. Null when nothing is recorded.
   */
  first(kind: SpanKind, name: string, traceparent: string | null): Span | null;
}

const current = new AsyncLocalStorage<Span>();
let recorder: Recorder | null = null;

/** From now on spans are kept by `recorder`; null: by nobody, and all below does nothing. */
export function recordSpans(by: Recorder | null): void {
  recorder = by;
}

/** Begins a step of what is traced now; undefined when that is nothing, so that `?.` is all a caller needs. */
export function beginSpan(kind: SpanKind, name: string): Span | undefined {
  if (recorder === null) return undefined;
  const parent = current.getStore();
  // A timer that was set inside a trace goes on when the trace is over; what it does belongs to nobody.
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

/** Runs something whose steps belong to a span; does not end it. */
export function within<Result>(span: Span, work: () => Result): Result {
  return current.run(span, work);
}

/** Ends a span with what a promise comes to, and hands the promise on. */
export function until<Result>(span: Span | undefined, outcome: Promise<Result>): Promise<Result> {
  if (span)
    outcome.then(
      () => span.end(),
      (error: unknown) => span.end(error),
    );
  return outcome;
}

/** Work that is a span with steps of its own, from its begin to its end; no more than the work where nothing is traced. */
export function traced<Result>(kind: SpanKind, name: string, work: () => Promise<Result>): Promise<Result> {
  const span = beginSpan(kind, name);
  return span ? until(span, within(span, work)) : work();
}

/** As `traced`, for what begins here or goes on from another process. */
export function tracedFrom<Result>(
  traceparent: string | null,
  [kind, name]: readonly [SpanKind, string],
  work: () => Promise<Result>,
): Promise<Result> {
  const span = beginTrace(kind, name, traceparent);
  return span ? until(span, within(span, work)) : work();
}
