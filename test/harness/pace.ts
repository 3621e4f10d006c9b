import { paceOfThisRun } from './env.js';

/** A limit in milliseconds, for this machine: scaled by how much slower it is than the reference machine. */
export const patient = (milliseconds: number): number => Math.ceil(milliseconds * paceOfThisRun());
