import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pageHeaders } from '@app/pages';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { declareRoute } from '../http/allowed-methods.js';
import { callOf } from '../http/call.js';
import type { ProblemFilter } from '../http/problem-filter.js';
import { RateLimits } from '../http/rate-limits.js';
import { InstancePages, type ShownPage } from './instance-pages.js';
import { InvitePage } from './invite-page.js';

/** Serves what the operator says to people, and the addresses of invitations: without script or cookie, and nothing is changed. */
export function serveInstancePages(
  app: NestFastifyApplication,
  server: FastifyInstance,
  filter: ProblemFilter,
): void {
  const [pages, invite, rates] = [app.get(InstancePages), app.get(InvitePage), app.get(RateLimits)];
  const routes: Record<string, (request: FastifyRequest) => Promise<ShownPage>> = {
    '/about': (request) => pages.about(request),
    '/terms': (request) => pages.text('terms', request),
    '/privacy': (request) => pages.text('privacy', request),
    '/invite': (request) => invite.show(request),
  };

  async function serve(path: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    callOf(request).route = path;
    try {
      await rates.take({ rate: 'read' }, null, request, reply);
      const { status, page } = await (routes[path] as (typeof routes)[string])(request);
      void reply.status(status).headers(pageHeaders).header('vary', 'Accept-Language');
      void reply.type('text/html; charset=utf-8').send(page);
    } catch (error) {
      filter.refuse(error, request, reply);
    }
  }

  for (const url of Object.keys(routes)) {
    declareRoute('GET', url);
    server.get(url, (request, reply) => void serve(url, request, reply));
  }
}
