import { Refusal } from '../dev/say.ts';
import { passwordOf, type DataContext } from './data-parts.ts';
import type { Part } from './part.ts';
import type { Place } from './plan.ts';

interface Standing {
  state: string;
  role: string;
  sync_standby?: boolean;
  replication?: { application_name: string; state: string }[];
}

/** A node's view of itself. */
export async function standing({ host }: Place): Promise<Standing | undefined> {
  try {
    const response = await fetch(`http://${host}:8008/patroni`, { signal: AbortSignal.timeout(1_000) });
    return (await response.json()) as Standing;
  } catch {
    return undefined;
  }
}

/** For the table: who leads, who follows, and who has everything that was confirmed. */
export async function viewsOf(nodes: readonly Part[]): Promise<Map<Part, string>> {
  const found = await Promise.all(nodes.map(async (part) => [part, await standing(part.place)] as const));
  const followers = found.flatMap(([, said]) => (said && leads(said) ? (said.replication ?? []) : []));
  const streaming = new Set(
    followers.flatMap((each) => (each.state === 'streaming' ? [each.application_name] : [])),
  );
  return new Map(
    found.map(([part, said]) => {
      if (said?.state !== 'running') return [part, `out (${said?.state ?? 'no answer'})`];
      if (leads(said)) return [part, 'primary'];
      if (!streaming.has(part.name)) return [part, 'out (not streaming)'];
      return [part, said.sync_standby ? 'replica, synchronous' : 'replica'];
    }),
  );
}

const leads = ({ state, role }: Standing): boolean =>
  state === 'running' && (role === 'master' || role === 'primary');

/** Makes another node the primary, in order. @throws Refusal with Patroni's words */
export async function switchover({ folder }: DataContext, nodes: Part[], name: string): Promise<string> {
  const [leader] = [...(await viewsOf(nodes))].flatMap(([part, view]) => (view === 'primary' ? [part] : []));
  if (!leader) throw new Refusal('There is no primary now; Patroni chooses one by itself.');
  const authorization = `Basic ${Buffer.from(`patroni:${passwordOf(folder, 'postgres')}`).toString('base64')}`;
  const response = await fetch(`http://${leader.place.host}:8008/switchover`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ leader: leader.name, candidate: name }),
  });
  const said = await response.text();
  if (!response.ok) throw new Refusal(`${said}. Nothing was changed.`);
  return said;
}
