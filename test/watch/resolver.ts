import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/dev/ports.ts';
import { built, Program, run } from './programs.js';

/** A PowerDNS that answers the site's name, as `npm run dns` configures it. */
export async function startResolver(
  folder: string,
  name: string,
): Promise<{ program: Program; address: string }> {
  const own = join(folder, 'dns');
  mkdirSync(own);
  const address = `127.0.0.1:${await freePort()}`;
  const options = ['--name', name, '--listen', address, '--balancer', '127.0.0.1', '--folder', own];
  for (const part of ['pdns.conf', 'named.conf', 'zone'])
    writeFileSync(
      join(own, part),
      run(process.execPath, [built('infra', 'dns', 'main.js'), part, ...options]),
    );
  const program = new Program('pdns_server', [`--config-dir=${own}`], own);
  await program.start();
  return { program, address };
}
