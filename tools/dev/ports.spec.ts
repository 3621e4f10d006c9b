import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, freePortNear, portFault, portHolder } from './ports.ts';

const server = createServer();

async function take(): Promise<number> {
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return port;
}

describe('ports', () => {
  afterEach(() => void server.close());

  it('are free until somebody listens, who is then named', async () => {
    const port = await take();
    expect(await portFault(port)).toBe('EADDRINUSE');
    expect(portHolder(port)).toContain(`(process ${process.pid})`);
  });

  it('are those of an address: another may be held by another process', async () => {
    const port = await take();
    const program = `require('net').createServer().listen(${port}, '127.0.0.77', () => console.log('listens'))`;
    const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    expect(portHolder(port)).toContain(`(process ${process.pid})`);
    expect(portHolder(port, '127.0.0.77')).toContain(`(process ${other.pid})`);
    other.kill();
    await once(other, 'close');
  });

  it('are kept when free and replaced when taken', async () => {
    const free = await freePort();
    expect(await freePortNear(free)).toBe(free);
    const taken = await take();
    expect(await freePortNear(taken)).not.toBe(taken);
  });
});
