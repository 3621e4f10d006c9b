import { Controller } from '@nestjs/common';
import { Backlog } from '@app/storage';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { HealthService } from '../health/health.service.js';
import { version } from '../version.js';

const waiting = z.object({ kind: z.string(), count: z.int(), age: z.number() });
const health = z
  .object({
    version: z.string(),
    status: z.string(),
    parts: z.record(z.string(), z.object({ state: z.string(), milliseconds: z.number().optional() })),
    quiet: z.boolean().meta({ description: 'Whether no row waits for later work.' }),
    pending: z.array(waiting).meta({ description: 'Rows that wait, by kind; age of the oldest in seconds.' }),
    queues: z
      .record(z.string(), z.object({ depth: z.int(), age: z.number() }))
      .nullable()
      .meta({ description: 'Jobs by queue; null while Redis is away.' }),
  })
  .meta({ id: 'AdminHealth' });

@Controller()
export class AdminController {
  constructor(
    private readonly health: HealthService,
    private readonly backlog: Backlog,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/admin/health',
    tag: 'Operators',
    summary: 'Every dependency, and what waits for later work',
    access: 'admin',
    answers: { 200: health },
    problems: ['not_found'],
  })
  async show() {
    const [{ status, parts }, backlog] = await Promise.all([this.health.ready(), this.backlog.read()]);
    return {
      version,
      status,
      parts: parts ?? {},
      quiet: backlog.quiet,
      pending: backlog.rows,
      queues: backlog.queues,
    };
  }
}
