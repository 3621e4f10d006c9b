import type { Relationship } from './contract.js';
import type { Actor } from './journal-actor.js';
import type { Act, Company } from './journal-company.js';

const others = (actor: Actor, { actors }: Company): Actor[] => actors.filter((one) => one !== actor);

const relations = {
  follow: ['PUT', 'follow'],
  unfollow: ['DELETE', 'follow'],
  block: ['PUT', 'block'],
  unblock: ['DELETE', 'block'],
  mute: ['PUT', 'mute'],
  unmute: ['DELETE', 'mute'],
} as const;

export const relating =
  (what: keyof typeof relations): Act =>
  async (actor, company) => {
    const other = actor.pick(others(actor, company));
    if (!other) return;
    const [method, path] = relations[what];
    await pairTurn(company, actor, other, async () => {
      const { model } = actor.journal;
      const mayBeRefused =
        (what === 'follow' && model.apart(actor.id, other.id)) ||
        (what === 'mute' && model.blocks.has(other.id, actor.id));
      const answer = await actor.send<Relationship>({ method, path: `/v1/users/${other.id}/${path}` });
      if (answer.status === 404 && mayBeRefused) return;
      model[what](actor.id, other.id);
      expectRelation(actor, other, what, answer);
    });
  };

function pairTurn(company: Company, one: Actor, other: Actor, work: () => Promise<void>): Promise<void> {
  return company.pairs.take([one.id, other.id].toSorted().join(' '), work);
}

/** Checks that the response already matches the model. */
function expectRelation(
  actor: Actor,
  other: Actor,
  what: string,
  { status, body }: { status: number; body: Relationship },
): void {
  const { journal, id } = actor;
  const { model } = journal;
  const expected = {
    following: model.follows.has(id, other.id),
    requested: model.requests.has(id, other.id),
    followedBy: model.follows.has(other.id, id),
    blocking: model.blocks.has(id, other.id),
    muting: model.mutes.has(id, other.id),
  };
  const line = `${what} ${other.name}`;
  if (status !== 200) journal.find('refused', `${actor.name} ${line}`, `${actor.name}'s ${line}: ${status}`);
  else if (Object.entries(expected).some(([key, value]) => body[key as keyof Relationship] !== value))
    journal.find(
      'drift',
      other.name,
      `${actor.name}'s ${line}: ${JSON.stringify(body)}, not ${JSON.stringify(expected)}`,
    );
  journal.ack(actor.name, line);
}

export const deciding =
  (accepted: boolean): Act =>
  async (actor, company) => {
    const { model } = actor.journal;
    const asking = others(actor, company).filter((one) => model.requests.has(one.id, actor.id));
    const other = actor.pick(asking);
    if (!other) return;
    await pairTurn(company, actor, other, async () => {
      if (!model.requests.has(other.id, actor.id)) return;
      const path = `/v1/follow-requests/${other.id}`;
      const answer = await actor.send<Relationship>({ method: accepted ? 'PUT' : 'DELETE', path });
      if (accepted) model.accept(actor.id, other.id);
      else model.requests.delete(other.id, actor.id);
      expectRelation(actor, other, accepted ? 'accept' : 'reject', answer);
    });
  };
