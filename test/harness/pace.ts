import { paceOfThisRun } from './env.js';

/** A limit in milliseconds, for this machine: as many times longer as it was found to be slower than the one it was written on. */
export const patient = (milliseconds: number): number => Math.ceil(milliseconds * paceOfThisRun());
