/**
 * Kills a process that leads a group, with all that it has started: a decoder of the system's that it runs must not go on
 * without it.
 */
export function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // There is no such group: it has ended.
  }
}
