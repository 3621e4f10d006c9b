import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  LOGGER,
  counter,
  reasonOf,
  recordSpans,
  version,
  type Config,
  type Heartbeat,
  type Logger,
} from '@app/platform';
import { PROCESS_KIND } from '../errors/error-reports.js';
import type { OtlpRecorder } from './otlp.js';

/** How long a stopping process waits for its last spans; in milliseconds. */
const LAST_SPANS = 2_000;

/**
 * Traces, by OTLP. Off without OTEL_EXPORTER_OTLP_ENDPOINT, and then no package of OpenTelemetry is even loaded. Nothing waits
 * for a receiver: spans that it does not accept in time are dropped and counted, and the log says once that it is away, once
 * that it is back.
 */
@Injectable()
export class Traces {
  private recorder: OtlpRecorder | null = null;
  private isAway = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_KIND) private readonly program: Heartbeat['kind'],
  ) {}

  async start(): Promise<void> {
    const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER_ARG } = this.config;
    if (OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return;
    const { openOtlp } = await import('./otlp.js');
    this.recorder = openOtlp({
      endpoint: OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: OTEL_EXPORTER_OTLP_HEADERS,
      ratio: OTEL_TRACES_SAMPLER_ARG,
      process: {
        'service.name': `narwhal-${this.program}`,
        'service.version': version,
        'service.instance.id': `${hostname()}-${process.pid}`,
        'host.name': hostname(),
      },
      onOutcome: (outcome, spans, error) => {
        counter('narwhal_spans_total').inc({ outcome }, spans);
        if (outcome !== 'dropped') this.note(outcome === 'failed', error);
      },
    });
    recordSpans(this.recorder);
  }

  private note(failed: boolean, error: unknown): void {
    if (failed === this.isAway) return;
    this.isAway = failed;
    const receiver = new URL(this.config.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'http://nowhere').host;
    if (failed)
      this.logger.warn(
        { receiver, why: reasonOf(error) },
        'the receiver does not accept traces; they are dropped',
      );
    else this.logger.info({ receiver }, 'the receiver accepts traces again');
  }

  async stop(): Promise<void> {
    recordSpans(null);
    await Promise.race([this.recorder?.stop(), sleep(LAST_SPANS, null, { ref: false })]);
  }
}
