import { Controller, Req, Res } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { Uploads, type UploadProgress } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import {
  altTextOf,
  assertTus,
  bodyOf,
  checksumOf,
  lengthOf,
  metadataOf,
  offsetOf,
  purposeOf,
  sendsBytes,
} from './tus-requests.js';
import { OFFSET_STREAM } from './tus.js';
import { TusUploads } from './tus-uploads.js';

const place = {
  path: '/v1/uploads/:id',
  tag: 'Photos',
  params: z.object({ id: pathId }),
  /** In the query instead of the path, since logs keep paths. */
  query: z.object({
    s: z.string().optional().meta({ description: 'The secret, as Location gave it.', maxLength: 100 }),
  }),
} as const;
type Address = z.output<typeof place.params> & z.output<typeof place.query>;
const appendProblems = [
  'upload_offset',
  'upload_taken_over',
  'upload_gone',
  'unsupported_media_type',
  'quota_exceeded',
  'too_many_pieces',
  'checksum_mismatch',
  'body_incomplete',
  'expectation_failed',
  'request_timeout',
  'disk_full',
] as const;

/** Resumable uploads: tus 1.0.0 (tus.io), with creation, creation-with-upload, expiration, checksum and termination. */
@Controller()
export class TusUploadsController {
  constructor(
    private readonly addresses: TusUploads,
    private readonly uploads: Uploads,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/uploads',
    tag: 'Photos',
    summary:
      'Begin a resumable upload (tus 1.0.0); Location, which holds a secret, is all that goes on with it',
    access: 'required',
    answers: { 201: null },
    headers: ['Location', 'Tus'],
    takes: ['UploadLength', 'UploadMetadata', 'UploadChecksum'],
    bytes: OFFSET_STREAM,
    problems: ['tus_version', 'photo_too_large', ...appendProblems],
    idempotent: true,
    rate: 'upload',
  })
  async createUpload(
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<void> {
    assertTus(request);
    const purpose = purposeOf(request);
    const sent = { length: lengthOf(request, purpose), altText: altTextOf(request) };
    const { upload, location, repeated } = await this.addresses.begin(request, caller.userId, sent, purpose);
    const progress =
      sendsBytes(request) && !repeated
        ? await this.appendTo(upload.id, 0, request)
        : { received: Number(upload.received), photoId: upload.photo_id };
    void reply.header('location', location);
    show(reply, upload.expires_at, progress);
  }

  @Endpoint({
    ...place,
    method: 'HEAD',
    summary: 'How far an upload is; it is taken over from a request that hangs',
    access: 'none',
    answers: { 200: null },
    headers: ['Tus'],
    problems: ['tus_version', 'upload_gone', 'quota_exceeded'],
  })
  async getUpload(
    @Input() { id, s }: Address,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<void> {
    assertTus(request);
    const upload = await this.uploads.look(await this.addresses.open(id, s));
    show(reply, upload.expires_at, { received: Number(upload.received), photoId: upload.photo_id });
    void reply.status(200).headers({
      'cache-control': 'no-store',
      'upload-length': upload.length,
      ...metadataOf(upload.alt_text),
    });
  }

  @Endpoint({
    ...place,
    method: 'PATCH',
    summary: 'Send the next bytes of an upload (application/offset+octet-stream)',
    access: 'none',
    answers: { 204: null },
    headers: ['Tus'],
    takes: ['UploadOffset', 'UploadChecksum'],
    bytes: OFFSET_STREAM,
    problems: ['tus_version', ...appendProblems],
  })
  async appendToUpload(
    @Input() { id, s }: Address,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<void> {
    assertTus(request);
    const offset = offsetOf(request);
    const upload = await this.addresses.open(id, s);
    show(reply, upload.expires_at, await this.appendTo(upload.id, offset, request));
    void reply.status(204);
  }

  @Endpoint({
    ...place,
    method: 'DELETE',
    summary: 'End an upload; of a complete one the photo stays',
    access: 'none',
    answers: { 204: null },
    headers: ['Tus'],
    problems: ['tus_version'],
  })
  async endUpload(
    @Input() { id, s }: Address,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<void> {
    assertTus(request);
    await this.uploads.discard((await this.addresses.open(id, s)).id);
    void reply.status(204);
  }

  @Endpoint({
    ...place,
    method: 'POST',
    summary: 'HEAD, PATCH or DELETE where a network lets only POST through: X-HTTP-Method-Override names it',
    access: 'none',
    answers: { 204: null, 200: null },
    headers: ['Tus'],
    takes: ['MethodOverride', 'UploadChecksum'],
    bytes: OFFSET_STREAM,
    problems: ['tus_version', 'method_not_allowed', ...appendProblems],
  })
  async overrideUploadMethod(
    @Input() input: Address,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<void> {
    const method = String(request.headers['x-http-method-override']).toUpperCase();
    if (method === 'PATCH') return this.appendToUpload(input, request, reply);
    if (method === 'HEAD') return this.getUpload(input, request, reply);
    if (method === 'DELETE') return this.endUpload(input, request, reply);
    const allow = 'DELETE, HEAD, OPTIONS, PATCH';
    throw problem('method_not_allowed', { params: { allow }, headers: { allow } });
  }

  private async appendTo(id: Id, offset: number, request: ApiRequest): Promise<UploadProgress> {
    return this.uploads.append(id, offset, bodyOf(request), checksumOf(request));
  }
}

function show(reply: ApiReply, expires: Date, { received, photoId }: UploadProgress): void {
  void reply.header('upload-offset', received).header('upload-expires', expires.toUTCString());
  if (photoId !== null) void reply.header('narwhal-photo-id', photoId);
}
