import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Recorder, Span, SpanKind } from '@app/platform';
import { BoundedSpans, type Outcome } from './bounded-spans.js';

interface OtlpOptions {
  /** Without `/v1/traces`. */
  endpoint: string;
  headers: Record<string, string>;
  /** The share of the traces beginning here that is recorded, 0 to 1. */
  ratio: number;
  /** Attributes of this process, by OpenTelemetry's names. */
  process: Record<string, string>;
  /** Called for each batch and for each dropped span. */
  onOutcome: Outcome;
}

export interface OtlpRecorder extends Recorder {
  /** Sends the waiting spans; also resolves if sending fails. */
  stop(): Promise<void>;
}

/** Most spans of one trace in one process: otherwise a deletion of a million rows would be a trace of a million spans. */
const MOST_SPANS = 500;
/** After this a batch is dropped, and the next one tried; in milliseconds. */
const PATIENCE = 5_000;
/** How long spans gather, in milliseconds. */
const GATHER = 1_000;

type Conventions = readonly [kind: OtelKind, attributes: (name: string) => Record<string, string>];

const queue = (operation: 'send' | 'process') => (name: string) => ({
  'messaging.system': 'bullmq',
  'messaging.operation.type': operation,
  'messaging.destination.name': name.replace(/^\w+ /, ''),
});

/** OpenTelemetry's terms for each kind. */
const conventions: Record<SpanKind, Conventions> = {
  request: [OtelKind.SERVER, () => ({})],
  send: [OtelKind.PRODUCER, queue('send')],
  receive: [OtelKind.CONSUMER, queue('process')],
  sql: [OtelKind.CLIENT, (name) => ({ 'db.system.name': 'postgresql', 'db.query.summary': name })],
  redis: [OtelKind.CLIENT, (name) => ({ 'db.system.name': 'redis', 'db.operation.name': name })],
  work: [OtelKind.INTERNAL, () => ({})],
};

/** An error's type, not its message, which may quote user input. */
function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error;
}

class RecordedSpan implements Span {
  constructor(
    private readonly span: OtelSpan,
    /** Spans that this trace may still have here; all of them share one count. */
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
    const { traceId, spanId, traceFlags } = this.context;
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
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
 * OpenTelemetry's SDK behind our own small interface, without its instrumentation: that wraps http, pg and ioredis for every
 * request, traced or not, and puts user input into attributes. The sampling decision is made before a trace's first span, so
 * that an unrecorded trace costs only a random number.
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
      const from = traceparent === null ? null : parseTraceParent(traceparent);
      if (from ? (from.traceFlags & TraceFlags.SAMPLED) === 0 : Math.random() >= ratio) return null;
      const parent = from ? trace.wrapSpanContext({ ...from, isRemote: true }) : undefined;
      return new RecordedSpan(begin(tracer, kind, name, parent), { left: MOST_SPANS });
    },
    // The process ends; spans that a collector does not accept are lost, and they are copies.
    stop: () => provider.shutdown().catch(() => undefined),
  };
}
