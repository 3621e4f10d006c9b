import type { FastifyInstance } from 'fastify';

export function serveDocs(server: FastifyInstance): void {
  void server;
}
