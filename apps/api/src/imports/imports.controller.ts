import { Controller, Req, Res } from '@nestjs/common';
import { Imports } from '@app/domain';
import { languageOf } from '@app/pages';
import type { Id } from '@app/platform';
import type { Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { OriginOf } from '../http/origin.js';
import { showImport, type ShownImport } from './import-view.js';
import { imported, newImport } from './imports.schemas.js';

@Controller()
export class ImportsController {
  constructor(private readonly imports: Imports) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/imports',
    tag: 'Accounts',
    summary: 'Import the posts of a zip that was uploaded',
    details:
      'The zip is Narwhal’s own export or Instagram’s (as JSON), uploaded by tus with `Upload-Metadata: purpose aW1wb3J0`. A worker makes the posts; they stand in the profile by their date; feeds, tags, places and explore leave them out, and those whom they mention are not told.',
    access: 'required',
    body: newImport,
    answers: { 202: imported },
    headers: ['Location'],
    problems: ['not_found', 'upload_not_arrived'],
    rate: 'write',
  })
  async createImport(
    @Input() { uploadId }: { uploadId: Id },
    @CallerOf() { userId }: Caller,
    @OriginOf() from: Origin,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<ShownImport> {
    const row = await this.imports.begin(
      userId,
      uploadId,
      languageOf(request.headers['accept-language']),
      from,
    );
    void reply.header('location', `/v1/me/imports/${row.id}`);
    return showImport(row);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/imports/:id',
    tag: 'Accounts',
    summary: 'How far an import is, and what it left out',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 200: imported },
    problems: ['not_found'],
  })
  async getImport(@Input() { id }: { id: Id }, @CallerOf() { userId }: Caller): Promise<ShownImport> {
    return showImport(await this.imports.own(id, userId));
  }
}
