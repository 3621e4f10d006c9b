import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, isIPv4 } from 'node:net';
import { commandLineOf } from './processes.ts';

/** Resolves to null when the port can be listened on, else to the error's code (EADDRINUSE, EACCES, ...). */
export function portFault(port: number, host = '127.0.0.1'): Promise<string | null> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => settle(null)));
  });
}

/**
 * A free port below 32768. The kernel assigns higher ports to outgoing connections, so one from there could be taken between
 * two starts of the same server.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if ((await portFault(port)) === null) return port;
  }
  throw new Error('expected a free port between 15000 and 32000 but found none');
}

/** The wanted port if it is free, else another one. */
export async function freePortNear(wanted: number | undefined): Promise<number> {
  return wanted !== undefined && (await portFault(wanted)) === null ? wanted : freePort();
}

const ANY = ['0'.repeat(8), '0'.repeat(32)];

/** An IPv4 address in the notation of the kernel's tables: its bytes reversed, in both tables. */
function kernelAddresses(host: string): string[] {
  const hex = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  const address = hex.toReversed().join('');
  return [address, `${'0'.repeat(16)}FFFF0000${address}`, ...ANY];
}

/** The inodes of the sockets that occupy a port of an address, from the kernel's tables. */
function listeningSockets(port: number, host: string): Set<string> {
  const suffix = port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = isIPv4(host) && host !== '0.0.0.0' ? kernelAddresses(host) : null;
  const isTaken = (local: string): boolean => {
    const [address = '', taken] = local.split(':');
    return taken === suffix && (addresses === null || addresses.includes(address));
  };
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === '0A' && isTaken(local)) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

function holds(pid: string, sockets: Set<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((entry) => sockets.has(readlinkSync(`${folder}/${entry}`)));
  } catch {
    return false;
  }
}

/**
 * The process that listens on a port of an address, as "/usr/bin/node server.js (process 4711)"; undefined when it cannot be
 * seen (another user's process). For all addresses, and anything but an IPv4 address, a process with the port on any address.
 */
export function portHolder(port: number, host = '127.0.0.1'): string | undefined {
  const sockets = listeningSockets(port, host);
  if (sockets.size === 0) return undefined;
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && holds(entry, sockets));
  if (!pid) return undefined;
  return `${commandLineOf(Number(pid)).trim().slice(0, 120)} (process ${pid})`;
}
