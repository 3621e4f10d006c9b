import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Refused } from '../refused.js';

/** pgBackRest's messages, by their words or number, and their meaning for the reader. The first that fits is shown. */
const meanings: readonly (readonly [pattern: RegExp, sentence: (found: RegExpExecArray) => string])[] = [
  [
    // On a full disk it names another reason, or none.
    /No space left on device|unable to write '/,
    () => "the repository cannot be written: it has no room left, or is not PostgreSQL's user's to write",
  ],
  [
    /VersionNotSupportedError/,
    () => 'this pgBackRest does not know the PostgreSQL that runs here: apt.postgresql.org has a newer one',
  ],
  [/DbConnectError/, () => 'PostgreSQL does not run on this machine, or does not let pgBackRest in'],
  [
    /FormatError|CryptoError|cipher header invalid/,
    () => 'the key of pgBackRest (repo1-cipher-pass) is not the one that this repository was made with',
  ],
  [
    /version '?([\d.]+)'?, system-id \d+ do(?:es)? not match [^]*?version '?([\d.]+)'?, system-id/,
    ([, here, there]) =>
      here === there
        ? 'the repository belongs to another PostgreSQL than the one that runs here: give this one a stanza or a repository of its own'
        : `PostgreSQL ${here} runs here, and the repository is of ${there}: "pgbackrest stanza-upgrade" goes on with the new one`,
  ],
  [
    /unable to find backup set with stop time less than '([^']+)'/,
    ([, time]) =>
      `no backup was complete at ${time}: narwhal backup list shows from when on a time can be restored`,
  ],
  [
    /unable to restore to path '([^']+)' because it contains files/,
    ([, folder]) => `expected an empty folder but received ${folder}, which has files`,
  ],
  [
    /missing stanza path|FileMissingError|stanza-create been performed|no backup set found to restore/,
    () =>
      'the repository of pgBackRest has nothing of this stanza: if it had, it is away (is its disk mounted?); if not, narwhal setup backups makes it',
  ],
  [
    /unable to (?:connect|get address|find a valid repository)/,
    () => 'the repository of pgBackRest cannot be reached',
  ],
  [/\[050\]: (.*)/, () => 'pgBackRest is at work already: try again when it is done'],
];

/** Its words in one sentence; undefined where they name no fault. */
export function sentenceOf(text: string): string | undefined {
  for (const [pattern, sentence] of meanings) {
    const found = pattern.exec(text);
    if (found) return sentence(found);
  }
  return /ERROR: \[\d+\]: (.*)/.exec(text)?.[1];
}

/** Runs pgBackRest for a stanza, and returns what it printed. @throws Refused in a sentence when it fails */
export async function pgbackrest(stanza: string, ...args: readonly string[]): Promise<string> {
  const child = spawn('pgbackrest', [`--stanza=${stanza}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close').catch(() => {
    throw new Refused('pgbackrest is not installed on this machine: backups are made where PostgreSQL runs');
  })) as [number | null];
  if (code !== 0) throw new Refused(sentenceOf(said + printed) ?? `pgbackrest ${args[0]} ended with ${code}`);
  return printed;
}
