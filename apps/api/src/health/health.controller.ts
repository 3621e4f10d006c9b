import { BlockList, isIPv4 } from 'node:net';
import { Controller, Req, Res } from '@nestjs/common';
import { METRICS_TYPE, metricsText, problem } from '@app/platform';
import { Backlog, Watch } from '@app/watch';
import { z } from 'zod';
import type { ApiReply, ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { count, flag, shown } from '../http/fields.js';

const live = z
  .object({ ok: flag('True: a process that does not turn its loop does not answer.') })
  .meta({ id: 'Live', description: 'That the process lives.' });
const ready = z
  .object({
    ok: flag('Whether this process should get requests.'),
    status: z
      .enum(['ready', 'degraded', 'draining', 'schema_behind', 'cut_off', 'isolated'])
      .meta({ description: 'What each means, and which answers 503, is in docs/health.md.' }),
    parts: z
      .record(
        z.string(),
        z.object({
          state: z.enum(['ok', 'slow', 'down', 'wrong']).meta({ description: 'How it is.' }),
          milliseconds: count('How long its last check took.'),
          reach: z
            .enum(['only_this_process', 'everybody', 'unknown'])
            .optional()
            .meta({ description: 'Whom its failure concerns.' }),
        }),
      )
      .optional()
      .meta({ description: 'Each store and neighbour, by its name.' }),
  })
  .meta({ id: 'Ready', description: 'Whether this process should get requests, and why.' });

const near = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  near.addSubnet(network, bits, 'ipv4');
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

const proxied = ['forwarded', 'x-forwarded-for', 'via'] as const;

/** True when the connection's peer is loopback or private, and no proxy header names another client. */
export function isNeighbour(request: ApiRequest): boolean {
  const address = (request.raw.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (address === '' || proxied.some((name) => request.headers[name] !== undefined)) return false;
  return near.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

@Controller()
export class HealthController {
  constructor(
    private readonly watch: Watch,
    private readonly backlog: Backlog,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/health/live',
    tag: 'Operators',
    summary: 'Whether the process turns its loop; nothing else',
    access: 'none',
    answers: { 200: live },
    rate: 'none',
  })
  getLiveness() {
    return { ok: true };
  }

  @Endpoint({
    method: 'GET',
    path: '/health/ready',
    tag: 'Operators',
    summary: 'Whether this process should get requests',
    access: 'none',
    answers: { 200: ready, 503: ready },
    rate: 'none',
  })
  async getReadiness(@Res({ passthrough: true }) reply: ApiReply) {
    const report = await this.watch.ready();
    void reply.status(report.ok ? 200 : 503).header('cache-control', 'no-store');
    return report;
  }

  @Endpoint({
    method: 'GET',
    path: '/health/pingdom',
    tag: 'Operators',
    summary: "Pingdom's HTTP custom check (XML): a real small read, kept for five seconds",
    access: 'none',
    answers: { 200: shown(1_000, 'Pingdom’s XML.') },
    mediaTypes: ['text/xml'],
    rate: 'none',
  })
  async getPingdomCheck(@Res({ passthrough: true }) reply: ApiReply) {
    void reply.header('content-type', 'text/xml; charset=utf-8').header('cache-control', 'no-store');
    return this.watch.pingdom();
  }

  @Endpoint({
    method: 'GET',
    path: '/metrics',
    tag: 'Operators',
    summary: 'Prometheus text, for a neighbour that no proxy speaks for',
    access: 'none',
    answers: { 200: shown(10_000_000, 'Prometheus’ text.') },
    mediaTypes: ['text/plain'],
    problems: ['not_found'],
    rate: 'none',
  })
  async getMetrics(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply) {
    if (!isNeighbour(request)) throw problem('not_found');
    await this.backlog.collect();
    // A page in a browser on this machine is a neighbour, too: it must not read the answer.
    reply.removeHeader('access-control-allow-origin');
    void reply.header('content-type', METRICS_TYPE).header('cache-control', 'no-store');
    return metricsText();
  }
}
