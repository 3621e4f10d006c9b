import { Controller, Req, Res } from '@nestjs/common';
import { METRICS_TYPE, metricsText, problem } from '@app/platform';
import { Backlog } from '@app/storage';
import { z } from 'zod';
import type { ApiReply, ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { isNeighbour } from './neighbours.js';
import { HealthService } from './health.service.js';

const live = z.object({ ok: z.boolean() }).meta({ id: 'Live' });
const ready = z
  .object({
    ok: z.boolean(),
    status: z.enum(['ready', 'degraded', 'draining', 'schema_behind']),
    parts: z.record(z.string(), z.object({ state: z.string(), milliseconds: z.int().optional() })).optional(),
  })
  .meta({ id: 'Ready' });

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly backlog: Backlog,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/health/live',
    operationId: 'showLiveness',
    tag: 'Operators',
    summary: 'Whether the process turns its loop; nothing else',
    access: 'none',
    answers: { 200: live },
    rate: 'none',
  })
  live() {
    return { ok: true };
  }

  @Endpoint({
    method: 'GET',
    path: '/health/ready',
    operationId: 'showReadiness',
    tag: 'Operators',
    summary: 'Whether this process should get requests',
    access: 'none',
    answers: { 200: ready, 503: ready },
    rate: 'none',
  })
  async ready(@Res({ passthrough: true }) reply: ApiReply) {
    const report = await this.health.ready();
    void reply.status(report.ok ? 200 : 503).header('cache-control', 'no-store');
    return report;
  }

  @Endpoint({
    method: 'GET',
    path: '/metrics',
    operationId: 'readMetrics',
    tag: 'Operators',
    summary: 'Prometheus text, for a neighbour that no proxy speaks for',
    access: 'none',
    answers: { 200: z.string() },
    problems: ['not_found'],
    rate: 'none',
  })
  async metrics(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply) {
    if (!isNeighbour(request)) throw problem('not_found');
    await this.backlog.collect();
    void reply.header('content-type', METRICS_TYPE).header('cache-control', 'no-store');
    return metricsText();
  }
}
