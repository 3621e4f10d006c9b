import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** `sent` and `failed` are of batches; `dropped`: a span that was not queued because too many waited. */
export type Outcome = (outcome: 'sent' | 'failed' | 'dropped', spans: number, error?: unknown) => void;

/** Spans that wait or are in flight, some 2 MB: when a receiver is slow or away, later ones are dropped. */
const MOST_WAITING = 2_048;

/** Counts spans into and out of the SDK's batches, which would drop the excess silently. */
export class BoundedSpans {
  readonly most = MOST_WAITING;
  private waiting = 0;

  constructor(private readonly onOutcome: Outcome) {}

  before(next: SpanProcessor): SpanProcessor {
    return {
      onStart: (span, context) => next.onStart(span, context),
      onEnd: (span) => {
        if (this.waiting >= MOST_WAITING) {
          this.onOutcome('dropped', 1);
          return;
        }
        this.waiting += 1;
        next.onEnd(span);
      },
      forceFlush: () => next.forceFlush(),
      shutdown: () => next.shutdown(),
    };
  }

  counting(next: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done) =>
        next.export(spans, (result) => {
          this.waiting -= spans.length;
          this.onOutcome(
            result.code === ExportResultCode.SUCCESS ? 'sent' : 'failed',
            spans.length,
            result.error,
          );
          done(result);
        }),
      shutdown: () => next.shutdown(),
    };
  }
}
