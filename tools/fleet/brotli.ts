import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../dev/say.ts';
import { offerFile } from '../dev/system-packages.ts';

const folder = '/usr/lib/nginx/modules';
const modules = ['filter', 'static'].map((name) => ({
  file: join(folder, `ngx_http_brotli_${name}_module.so`),
  package: `libnginx-mod-http-brotli-${name}`,
}));

/** Brotli's modules for NGINX are separate packages, which not every system has: without them there is only gzip, and a message. */
export function offerBrotli(): void {
  const there = modules.map(({ file, package: name }) => offerFile(file, name));
  if (there.includes(false))
    say(
      `NGINX compresses by gzip alone: ${modules.map((each) => each.package).join(' and ')} cannot be installed here.`,
    );
}

/** The folder of the modules, or undefined. */
export function brotliFolder(): string | undefined {
  return modules.every(({ file }) => existsSync(file)) ? folder : undefined;
}
