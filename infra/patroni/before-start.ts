import { readFileSync } from 'node:fs';

/**
 * Runs before each start of Patroni. A Patroni that was killed finds its primary running, and takes `synchronous_standby_names`
 * out of its settings; before version 4.0.6 it never puts it back, because etcd names the replica still. From then on the
 * primary confirms writes alone, and that replica is promoted without them. Here etcd is told that no replica is synchronous:
 * none is promoted until Patroni has made one so.
 */
const PATIENCE = 10_000;
const ANSWER = 2_000;

interface Settings {
  name: string;
  scope: string;
  etcd: { hosts: string[] };
}

/** The answer of etcd's v2 API: a key, or why there is none. */
interface Key {
  node?: { value: string; modifiedIndex: number };
  errorCode?: number;
}

const NOT_FOUND = 100;
const CHANGED_MEANWHILE = 101;

async function ask(url: string, init: RequestInit = {}): Promise<Key> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER) });
  const key = (await response.json()) as Key;
  if (response.ok || key.errorCode === NOT_FOUND || key.errorCode === CHANGED_MEANWHILE) return key;
  throw new Error(`${url} answered ${response.status}`);
}

/** @throws Error where this member of etcd does not answer, or is cut off from the others */
async function withdraw(host: string, { name, scope }: Settings): Promise<void> {
  const url = `http://${host}/v2/keys/service/${scope}/sync`;
  const { node } = await ask(`${url}?quorum=true`);
  if (!node) return;
  const sync = JSON.parse(node.value) as { leader: string | null; sync_standby: string | null };
  if (sync.leader !== name || sync.sync_standby === null) return;
  // Unless it changes meanwhile: then another node leads, whose Patroni keeps it.
  const body = new URLSearchParams({ value: JSON.stringify({ ...sync, sync_standby: null }) });
  const { errorCode } = await ask(`${url}?prevIndex=${node.modifiedIndex}`, { method: 'PUT', body });
  if (errorCode !== undefined) return;
  process.stdout.write(
    `${sync.sync_standby} is no synchronous replica of ${name} until Patroni has made it one\n`,
  );
}

async function main(file: string): Promise<void> {
  const settings = JSON.parse(readFileSync(file, 'utf8').replace(/^#.*\n/, '')) as Settings;
  let fault: unknown;
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline;) {
    for (const host of settings.etcd.hosts) {
      try {
        return await withdraw(host, settings);
      } catch (error) {
        fault = error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('no member of etcd answers, so Patroni does not start', { cause: fault });
}

try {
  await main(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`patroni: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
