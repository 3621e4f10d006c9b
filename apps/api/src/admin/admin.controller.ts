import { Controller, Req, Res } from '@nestjs/common';
import { pagePolicy, reportPage, Watch } from '@app/watch';
import type { ApiReply, ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { adminHealth } from './admin.schemas.js';

@Controller()
export class AdminController {
  constructor(private readonly watch: Watch) {}

  @Endpoint({
    method: 'GET',
    path: '/admin/health',
    tag: 'Operators',
    summary:
      'What is wrong, in sentences; every store and process, and what waits. A page where HTML is accepted, and a browser comes in by `npm run admin -- health-link`',
    access: 'admin',
    byLink: true,
    answers: { 200: adminHealth },
    problems: ['not_found'],
  })
  async getAdminHealth(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply) {
    const report = await this.watch.report();
    void reply.header('vary', 'Accept').header('cache-control', 'no-store');
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return report;
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy);
    return reportPage(report, request.url);
  }
}
