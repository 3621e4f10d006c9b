import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Recorder, Span, SpanKind } from '@app/platform';
import { BoundedSpans, type Outcome } from './bounded-spans.js';
import { isRecorded, parseTraceparent, traceparentOf } from './traceparent.js';

interface OtlpOptions {
  /** Up to and without `/v1/traces`. */
  endpoint: string;
  headers: Record<string, string>;
  /** Which part of the traces that begin here is recorded, 0 to 1. */
  ratio: number;
  /** Attributes of this process, by OpenTelemetry's names. */
  process: Record<string, string>;
  /** Hears of each batch and of each span left out. */
  onOutcome: Outcome;
}

export interface OtlpRecorder extends Recorder {
  /** Sends what waits; settles also when it could not be sent. */
  stop(): Promise<void>;
}

/** Of one trace in one process: a deletion of a million rows would else be a trace of a million spans. */
const MOST_SPANS = 500;
/** Then a batch is given up, and the next one tried; in milliseconds. */
const PATIENCE = 5_000;
/** How long spans gather, in milliseconds. */
const GATHER = 1_000;

type Conventions = readonly [kind: OtelKind, attributes: (name: string) => Record<string, string>];

const queue = (operation: 'send' | 'process') => (name: string) => ({
  'messaging.system': 'bullmq',
  'messaging.operation.type': operation,
  'messaging.destination.name': name.replace(/^\w+ /, ''),
});

/** What each kind is in OpenTelemetry's words. */
const conventions: Record<SpanKind, Conventions> = {
  request: [OtelKind.SERVER, () => ({})],
  send: [OtelKind.PRODUCER, queue('send')],
  receive: [OtelKind.CONSUMER, queue('process')],
  sql: [OtelKind.CLIENT, (name) => ({ 'db.system.name': 'postgresql', 'db.query.summary': name })],
  redis: [OtelKind.CLIENT, (name) => ({ 'db.system.name': 'redis', 'db.operation.name': name })],
  work: [OtelKind.INTERNAL, () => ({})],
};

/** What an error is called: its message may quote what somebody sent. */
function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error;
}

class RecordedSpan implements Span {
  constructor(
    private readonly span: OtelSpan,
    /** Spans that this trace may still have here; one count for all of them. */
    readonly budget: { left: number },
  ) {}

  get context(): SpanContext {
    return this.span.spanContext();
  }

  get otel(): OtelSpan {
    return this.span;
  }

  get traceId(): string {
    return this.context.traceId;
  }

  get traceparent(): string {
    return traceparentOf(this.context);
  }

  get isOpen(): boolean {
    return this.span.isRecording();
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attribute: string, value: string | number): void {
    this.span.setAttribute(attribute, value);
  }

  end(error?: unknown): void {
    if (error !== undefined) {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
      this.span.setAttribute('error.type', errorType(error));
    }
    this.span.end();
  }
}

function begin(tracer: Tracer, kind: SpanKind, name: string, parent?: OtelSpan): OtelSpan {
  const [otelKind, attributes] = conventions[kind];
  const context = parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
  return tracer.startSpan(name, { kind: otelKind, attributes: attributes(name) }, context);
}

/**
 * OpenTelemetry's SDK behind our own few words, without its instrumentation: that wraps http, pg and ioredis for every request,
 * traced or not, and puts what people sent into attributes. Whether a trace is recorded is decided before its first span is
 * made, so that one that is not costs a random number.
 */
export function openOtlp(options: OtlpOptions): OtlpRecorder {
  const { endpoint, headers, ratio, onOutcome } = options;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers,
    timeoutMillis: PATIENCE,
    concurrencyLimit: 1,
  });
  const spans = new BoundedSpans(onOutcome);
  const processor = new BatchSpanProcessor({
    exporter: spans.counting(exporter),
    maxQueueSize: spans.most,
    scheduledDelayMillis: GATHER,
    exportTimeoutMillis: 2 * PATIENCE,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(options.process),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [spans.before(processor)],
  });
  const tracer = provider.getTracer('narwhal', options.process['service.version']);
  return {
    child(kind, name, parent) {
      if (!(parent instanceof RecordedSpan) || parent.budget.left <= 0) return null;
      parent.budget.left -= 1;
      return new RecordedSpan(begin(tracer, kind, name, parent.otel), parent.budget);
    },
    first(kind, name, traceparent) {
      const from = traceparent === null ? null : parseTraceparent(traceparent);
      if (from ? !isRecorded(from) : Math.random() >= ratio) return null;
      const parent = from ? trace.wrapSpanContext(from) : undefined;
      return new RecordedSpan(begin(tracer, kind, name, parent), { left: MOST_SPANS });
    },
    // The process ends; spans that a collector does not take are lost, and they are copies.
    stop: () => provider.shutdown().catch(() => undefined),
  };
}
