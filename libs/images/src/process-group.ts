/** Kills the leader of a process group with all its children: a system decoder that it runs must not outlive it. */
export function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // There is no such group: it has ended.
  }
}
