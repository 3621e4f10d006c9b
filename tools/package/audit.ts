import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { Refusal, say } from '../dev/say.ts';

interface Advisory {
  name: string;
  severity: string;
  range: string;
  fixAvailable: boolean | object;
}

/** The advisories about the packages of a folder's lock file. @throws Refusal where npm reaches no registry that answers */
function audited(folder: string, dev: boolean): Advisory[] {
  const args = ['audit', '--json', '--package-lock-only', ...(dev ? [] : ['--omit=dev'])];
  const { stdout } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  // npm exits with 1 when it found something, and also when it could not ask.
  const said = JSON.parse(stdout || '{}') as {
    vulnerabilities?: Record<string, Advisory>;
    message?: string;
  };
  if (!said.vulnerabilities)
    throw new Refusal(`npm could not ask the registry: ${said.message ?? 'no answer'}`);
  return Object.values(said.vulnerabilities);
}

const row = ({ name, severity, range, fixAvailable }: Advisory): string =>
  `| ${name} | ${severity} | ${range.replaceAll('|', '\\|')} | ${fixAvailable ? 'yes' : 'no'} |`;

/**
 * Runs `npm audit` over every lock file, which needs a network, and writes the result with its date to `file`. Returns 1 when a
 * package that Narwhal runs with has an advisory; those of its tools are shown.
 */
export function auditCommand(file = join(root, 'docs', 'npm-audit.md'), at = new Date()): number {
  const run = audited(root, false);
  const all = ['.', 'bench', 'infra/aws'].flatMap((folder) => audited(join(root, folder), true));
  const tools = all.filter(({ name }) => !run.some((other) => other.name === name));
  const part = (title: string, found: Advisory[]) =>
    `## ${title}\n\n${found.length === 0 ? 'Nothing is known against them.' : `| package | severity | versions | mended |\n| --- | --- | --- | --- |\n${found.map(row).join('\n')}`}\n`;
  const text = `# Known vulnerabilities of the packages

Written by \`npm run audit\` on ${at.toISOString().slice(0, 10)}.

${part('Packages that Narwhal runs with', run)}
${part('Packages of its tests and tools', tools)}`;
  writeFileSync(file, text);
  say(text);
  return run.length === 0 ? 0 : 1;
}
