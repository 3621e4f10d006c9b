import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { patient } from './pace.js';
import { PASSWORD, type Person } from './people.js';
import { entriesOf } from './zip.js';

/** An export, as the contract shows it. */
export interface Export {
  id: string;
  state: string;
  progress: number;
  url?: string;
  bytes?: number;
  expiresAt?: string;
}

/** A fresh proof, for the header `Narwhal-Proof`. */
export async function proofOf(person: Person, password = PASSWORD): Promise<string> {
  const { body } = await person.request('post', '/v1/me/proofs', { password }).expect(201);
  return (body as { proof: string }).proof;
}

export async function asked(person: Person, password = PASSWORD): Promise<Export> {
  const sent = person.request('post', '/v1/me/exports').set('Narwhal-Proof', await proofOf(person, password));
  return (await sent.expect(202)).body as Export;
}

export const shown = async (person: Person, { id }: { id: string }): Promise<Export> =>
  (await person.request('get', `/v1/me/exports/${id}`).expect(200)).body as Export;

/** Waits until an export is ready. */
export async function ready(person: Person, given: { id: string }): Promise<Required<Export>> {
  for (const until = Date.now() + patient(30_000); Date.now() < until; await sleep(100)) {
    const now = await shown(person, given);
    if (now.state === 'ready') return now as Required<Export>;
  }
  throw new Error(`expected export ${given.id} to be ready`);
}

/** Downloads a zip, and writes its files into a folder. */
export async function unpack(url: string, folder: string): Promise<void> {
  const zip = Buffer.from(await (await fetch(url)).arrayBuffer());
  for (const [path, content] of entriesOf(zip)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
