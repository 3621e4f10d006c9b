import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePortNear } from '../ports.ts';

export interface ServerPorts {
  postgres: number;
  redis: number;
}

/** Ports chosen at the first start and kept, so that addresses written down elsewhere stay valid; replaced when taken. */
export async function keptPorts(dataFolder: string): Promise<ServerPorts> {
  const file = join(dataFolder, 'ports.json');
  const kept = read(file);
  const ports = { postgres: await freePortNear(kept.postgres), redis: await freePortNear(kept.redis) };
  writeFileSync(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

function read(file: string): Partial<ServerPorts> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerPorts>;
  } catch {
    return {};
  }
}
