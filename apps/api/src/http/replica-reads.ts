import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database, ReplicatedDatabase, type ReadRequest } from '@app/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';

type Reading = FastifyRequest & { reading?: ReadRequest };

/** Not what an operator may do, and not a stream, which outlives the primary's absence. */
export const maySendStale = ({ method, path }: { method: string; path: string }): boolean =>
  (method === 'GET' || method === 'HEAD') && path.startsWith('/v1/') && !path.startsWith('/v1/stream');

/**
 * Where a replica is configured, lets it answer requests that only read while the primary is away, and says so in the answer. Whoever
 * keeps such an answer would keep it longer than the primary is away.
 */
export function readFromReplica(app: NestFastifyApplication, server: FastifyInstance): void {
  const database = app.get(Database);
  if (!(database instanceof ReplicatedDatabase)) return;
  server.addHook('preHandler', (request: Reading, _reply, done) => {
    if (!maySendStale({ method: request.method, path: request.url })) return done();
    request.reading = database.readRequest();
    request.reading.run(done);
  });
  server.addHook('onSend', ({ reading }: Reading, reply, _payload, done) => {
    const seconds = reading?.staleFor;
    if (seconds !== undefined && reply.statusCode < 500)
      void reply.header('narwhal-stale', seconds).header('cache-control', 'no-store').removeHeader('etag');
    done();
  });
}
