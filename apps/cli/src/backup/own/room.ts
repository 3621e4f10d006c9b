import { statfs } from 'node:fs/promises';
import { Refused } from '../../refused.js';

/**
 * Bytes that PostgreSQL's disk keeps: it stops where it finds no room for its next segment of WAL, and a backup asks for one at its start
 * and at its end. A little more than what uploads leave, so that WAL that waits for its repository does not refuse them.
 */
const ROOM = 256 * 1024 ** 2;

export async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= ROOM;
}

/** @throws Refused */
export async function refuseWithoutRoom(folder: string): Promise<void> {
  if (!(await hasRoom(folder)))
    throw new Refused(`PostgreSQL's disk has less than 256 MiB left, which it needs for its WAL`);
}
