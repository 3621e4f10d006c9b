import { createWriteStream } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import fastify from 'fastify';

/**
 * The uploads' floor, in its own process: `node ingest-floor.ts PORT FOLDER` pipes every raw body, multipart boundaries
 * included, to a file of the folder. `/durable` syncs file and folder as the api does, `/plain` does not.
 */
const [port, folder = ''] = process.argv.slice(2);
const server = fastify({ bodyLimit: 2 ** 30 });
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', (_request, _body, done) => done(null));

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}

let files = 0;
for (const kind of ['durable', 'plain'] as const) {
  server.post(`/${kind}`, async (request, reply) => {
    const path = join(folder, `${(files += 1)}`);
    await pipeline(request.raw, createWriteStream(path));
    if (kind === 'durable') {
      await synced(path);
      await synced(folder);
    }
    void unlink(path);
    return reply.status(202).send();
  });
}
server.get('/', () => 'ready');
await server.listen({ port: Number(port), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
