import { limits } from '@app/platform';
import type { FastifyInstance } from 'fastify';

export const TUS_VERSION = '1.0.0';
export const OFFSET_STREAM = 'application/offset+octet-stream';
export const UPLOADS = '/v1/uploads';

export const CHECKSUMS = ['sha1', 'sha256'];

/** This server's capabilities, for OPTIONS (tus 1.0.0, "OPTIONS"). */
const abilities = {
  'tus-version': TUS_VERSION,
  'tus-extension': 'creation,creation-with-upload,expiration,checksum,termination',
  'tus-max-size': String(limits.photo.bytes),
  'tus-checksum-algorithm': CHECKSUMS.join(','),
};

/** Prepares Fastify for tus: bodies of its type stay unread, and every response about uploads names the version. */
export function speakTus(server: FastifyInstance): void {
  server.addContentTypeParser(OFFSET_STREAM, (_request, _payload, done) => done(null));
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (request.url === UPLOADS || /^\/v1\/uploads[/?]/.test(request.url)) {
      void reply.header('tus-resumable', TUS_VERSION);
      if (request.method === 'OPTIONS') void reply.headers(abilities);
    }
    done();
  });
}
