import fastify from 'fastify';

/** The feed's floor, in its own process: `node constant-server.ts PORT LENGTH` answers every GET with that many bytes. */
const [port, length] = process.argv.slice(2).map(Number);
const bytes = Buffer.alloc(length ?? 0, 'x');

const server = fastify();
server.get('/', (_, reply) => reply.type('application/json; charset=utf-8').send(bytes));
server.get('/memory', () => process.memoryUsage());
await server.listen({ port: port ?? 0, host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
