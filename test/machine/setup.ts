import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { makePackage } from '../../tools/package/package.ts';
import { removeFolder } from '../harness/run-folder.js';
import { makeBareRoot, makeFolder, whyNot } from './bare.js';

export interface Made {
  /** The reason why nothing was made. */
  reason: string | null;
  /** The folder of the machines. */
  folder: string;
  /** The root that each of them starts from. */
  bare: string;
  /** The package in two versions, of this very build. */
  packages: { first: string; second: string };
  /** How long making it took, in seconds. */
  seconds: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    made: Made;
  }
}

/** Two releases of this build. */
export const [first, second] = ['0.1.0', '0.2.0'];

async function makePackages(output: string): Promise<Made['packages']> {
  mkdirSync(output);
  const one = (version: string) => makePackage({ version, output, compression: 'quick' });
  return { first: await one(first), second: await one(second) };
}

/** Makes the root and the packages concurrently: one waits for the network, the other for the CPU. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const reason = whyNot();
  if (reason) console.warn(`The tests of booted machines are skipped: ${reason}`);
  const made: Made = { reason, folder: '', bare: '', packages: { first: '', second: '' }, seconds: 0 };
  const end = () => {
    if (made.folder) removeFolder(made.folder);
  };
  if (!reason) {
    const begun = performance.now();
    made.folder = await makeFolder();
    try {
      const packages = makePackages(join(made.folder, 'packages'));
      [made.bare, made.packages] = await Promise.all([makeBareRoot(made.folder), packages]);
    } catch (error) {
      end();
      throw error;
    }
    made.seconds = Math.round((performance.now() - begun) / 1000);
  }
  project.provide('made', made);
  return end;
}
