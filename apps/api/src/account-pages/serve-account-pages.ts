import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Problem } from '@app/platform';
import { pageHeaders, style, STYLE_PATH } from '@app/pages';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { declareRoute } from '../http/allowed-methods.js';
import { callOf } from '../http/call.js';
import type { RatePolicy } from '../http/endpoint.js';
import type { ProblemFilter } from '../http/problem-filter.js';
import { RateLimits } from '../http/rate-limits.js';
import type { Shown } from './account-pages.js';
import { EmailPages } from './email-pages.js';
import { ExportPages } from './export-pages.js';
import { FORM } from './forms.js';
import { ClosingPages } from './closing-pages.js';
import { PasswordPages } from './password-pages.js';

type Show = (request: FastifyRequest) => Shown | Promise<Shown>;
type Route = [method: 'GET' | 'POST', path: string, rate: RatePolicy, show: Show];

interface Pages {
  pages: PasswordPages;
  emails: EmailPages;
  closing: ClosingPages;
  exports: ExportPages;
}

const routesOf = ({ pages, emails, closing, exports }: Pages): Route[] => [
  ['GET', '/account/forgot', 'read', (request) => pages.forgotForm(request)],
  ['POST', '/account/forgot', 'reset', (request) => pages.forgot(request)],
  ['GET', '/account/reset', 'reset', (request) => pages.resetForm(request)],
  ['POST', '/account/reset', 'reset', (request) => pages.reset(request)],
  ['GET', '/account/verify', 'reset', (request) => emails.form('verify', request)],
  ['POST', '/account/verify', 'reset', (request) => emails.send('verify', request)],
  ['GET', '/account/reversal', 'reset', (request) => emails.form('reversal', request)],
  ['POST', '/account/reversal', 'reset', (request) => emails.send('reversal', request)],
  ['GET', '/account/factors', 'reset', (request) => emails.form('factors', request)],
  ['POST', '/account/factors', 'reset', (request) => emails.send('factors', request)],
  ['GET', '/account/delete', 'read', (request) => closing.form(request)],
  ['POST', '/account/delete', 'signIn', (request) => closing.close(request)],
  ['GET', '/account/export', 'reset', (request) => exports.form(request)],
  ['POST', '/account/export', 'signIn', (request) => exports.open(request)],
];

/** Serves the pages of accounts, for browsers: under the limits of the endpoints, and without script or cookie. */
export function serveAccountPages(
  app: NestFastifyApplication,
  server: FastifyInstance,
  filter: ProblemFilter,
): void {
  const [pages, rates] = [app.get(PasswordPages), app.get(RateLimits)];

  async function serve(
    [, path, rate, show]: Route,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    callOf(request).route = path;
    try {
      await rates.take({ rate }, null, request, reply);
      send(reply, await show(request));
    } catch (error) {
      const shown = pages.explained(error, request);
      if (error instanceof Problem && shown) send(reply.headers(error.headers), shown);
      else filter.refuse(error, request, reply);
    }
  }

  void server.register((scope, _options, done) => {
    const type = 'application/x-www-form-urlencoded';
    scope.addContentTypeParser(type, { parseAs: 'string', bodyLimit: FORM }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.setErrorHandler((error, request, reply) => {
      const isLong = (error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE';
      if (isLong) send(reply, pages.pagesFor(request).refused('unreadable', 413));
      else filter.refuse(error, request, reply);
    });
    const others = {
      emails: app.get(EmailPages),
      closing: app.get(ClosingPages),
      exports: app.get(ExportPages),
    };
    for (const route of routesOf({ pages, ...others })) {
      const [method, url] = route;
      declareRoute(method, url);
      scope.route({ method, url, handler: (request, reply) => void serve(route, request, reply) });
    }
    declareRoute('GET', STYLE_PATH);
    scope.get(STYLE_PATH, (request, reply) => {
      callOf(request).route = STYLE_PATH;
      return reply
        .header('cache-control', 'public, max-age=3600')
        .type('text/css; charset=utf-8')
        .send(style);
    });
    done();
  });
}

function send(reply: FastifyReply, { status, page }: Shown): void {
  void reply.status(status).headers(pageHeaders).type('text/html; charset=utf-8').send(page);
}
