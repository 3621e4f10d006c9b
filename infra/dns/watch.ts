import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DnsOptions } from './options.js';

/** Milliseconds between two checks of a balancer, and its time limit for an answer: together the longest that a lost one is still named. */
const EVERY = 250;
const PATIENCE = 1_000;
/** Milliseconds after which the unchanged state is written again, so that DNS sees that the watcher is alive. */
const BEAT = 1_000;

/** Checks over a new connection, as a client would; does not check certificates. */
function isHealthy(host: string, { name, port }: DnsOptions): Promise<boolean> {
  return new Promise((settle) => {
    const asked = request({
      host,
      port,
      servername: name,
      headers: { host: name },
      path: '/health/balancer',
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(PATIENCE),
    });
    asked.on('error', () => settle(false));
    asked.on('response', (response) => {
      response.on('error', () => undefined).resume();
      settle(response.statusCode === 200);
    });
    asked.end();
  });
}

/**
 * Checks every balancer four times a second, for ever, and writes the healthy ones to `<folder>/healthy`, which PowerDNS
 * reads for each answer: `1795387682 10.0.1.5 10.0.1.6`, the time in seconds and the addresses.
 */
export async function watch(options: DnsOptions): Promise<never> {
  const { balancers, folder } = options;
  const healthy = new Set(balancers);
  const file = join(folder, 'healthy');
  const write = () => {
    const found = balancers.filter((balancer) => healthy.has(balancer));
    try {
      writeFileSync(`${file}.new`, `${[Math.floor(Date.now() / 1_000), ...found].join(' ')}\n`, {
        mode: 0o644,
      });
      renameSync(`${file}.new`, file);
    } catch (error) {
      // A full disk must not end DNS: an unwritten state becomes stale, and PowerDNS' own checks take over.
      process.stderr.write(`dns: ${(error as Error).message}\n`);
    }
  };
  const follow = async (balancer: string): Promise<never> => {
    for (;;) {
      const next = sleep(EVERY);
      const before = healthy.has(balancer);
      const now = await isHealthy(balancer, options);
      if (now) healthy.add(balancer);
      else healthy.delete(balancer);
      if (now !== before) write();
      await next;
    }
  };
  await Promise.all(
    balancers.map(async (balancer) => (await isHealthy(balancer, options)) || healthy.delete(balancer)),
  );
  write();
  setInterval(write, BEAT);
  return Promise.race(balancers.map(follow));
}

/** Runs a command beside the watcher: it gets this process' signals, and when it exits, this process does. */
export function beside([program = '', ...args]: string[]): void {
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    process.stderr.write(`dns: cannot start ${program}: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code) => process.exit(code ?? 1));
}
