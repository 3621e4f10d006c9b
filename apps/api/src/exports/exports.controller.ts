import { Controller, Req, Res } from '@nestjs/common';
import { Exports } from '@app/domain';
import { languageOf } from '@app/pages';
import type { Id, MediaQuery } from '@app/platform';
import type { Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, ProofOf, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { OriginOf } from '../http/origin.js';
import { MediaService } from '../media/media.service.js';
import { ExportView } from './export-view.js';
import { exported } from './exports.schemas.js';

/** A repeated parameter counts as missing, as for pictures. */
const once = z.string().meta({ maxLength: 100 }).optional().catch(undefined);

const bytes = z.string().meta({ format: 'binary', description: 'The zip.' });

@Controller()
export class ExportsController {
  constructor(
    private readonly exports: Exports,
    private readonly view: ExportView,
    private readonly media: MediaService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/exports',
    tag: 'Accounts',
    summary: 'Have everything that is one’s own put into a zip',
    details:
      'A worker makes it; a mail says when it is ready. Within `limits.export.every` the answer is the same export again.',
    access: 'required',
    proven: true,
    answers: { 202: exported },
    headers: ['Location'],
    rate: 'write',
  })
  async createExport(
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<z.input<typeof exported>> {
    const row = await this.exports.ask(caller, proof, languageOf(request.headers['accept-language']), from);
    void reply.header('location', `/v1/me/exports/${row.id}`);
    return this.view.show(row);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/exports/:id',
    tag: 'Accounts',
    summary: 'How far an export is, and where its zip is',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 200: exported },
    problems: ['not_found'],
  })
  async getExport(
    @Input() { id }: { id: Id },
    @CallerOf() { userId }: Caller,
  ): Promise<z.input<typeof exported>> {
    return this.view.show(await this.exports.own(id, userId));
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/exports/:id/file',
    tag: 'Accounts',
    summary: 'The zip of an export, by its signed URL',
    access: 'none',
    params: z.object({ id: pathId }),
    query: z.object({
      e: once.meta({ description: 'When it expires, in seconds since 1970.' }),
      k: once.meta({ description: 'The key that signed it.' }),
      s: once.meta({ description: 'The signature.' }),
    }),
    answers: { 200: bytes, 206: bytes },
    mediaTypes: ['application/zip'],
    headers: ['ETag'],
    problems: ['url_expired', 'url_invalid', 'not_found', 'range_not_satisfiable'],
  })
  async downloadExport(
    @Input() input: MediaQuery & { id: Id },
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    this.view.mustBeSigned(input.id, input);
    await this.media.sendExport(await this.exports.ready(input.id), request, reply);
  }
}
