import { availableParallelism } from 'node:os';
import type { Ledger } from '../dev/ledger.ts';
import { Refusal } from '../dev/say.ts';
import { applicationKind, migrate } from './app-parts.ts';
import { forgetReplica, pgbouncerKind, postgresKind, redisKind, s3Kind } from './data-parts.ts';
import { dnsKind, haproxyKind, nginxKind, socketOf, writeNginx, type EdgeContext } from './edge-parts.ts';
import { makeDatabase, patroniKind } from './patroni-parts.ts';
import { Part, type PartKind } from './part.ts';
import { addressOf, mostOf, type Kind, type Place } from './plan.ts';
import type { Release } from './release.ts';
import { redisByItself } from './sentinel-parts.ts';

/** In their order, so many at a time. */
export function inGroups<Thing>(things: readonly Thing[], size: number): Thing[][] {
  const count = Math.ceil(things.length / size);
  return Array.from({ length: count }, (_, index) => things.slice(index * size, (index + 1) * size));
}

/** A larger fleet is looked at less often, or looking would cost more than what is looked at. */
export const shareOf = ({ parts }: { parts: readonly unknown[] }): number => Math.ceil(parts.length / 20);

export type Tell = (line: string) => void;

/** All parts of one fleet, in the order of the diagram, and the operations on them. */
export class Fleet {
  readonly parts: Part[] = [];
  readonly context: EdgeContext;
  private readonly ledger: Pick<Ledger<object>, 'keep'>;
  private readonly tell: Tell;

  constructor(context: Omit<EdgeContext, 'places'>, ledger: Pick<Ledger<object>, 'keep'>, tell: Tell) {
    const places = (kind: Kind) =>
      this.parts.filter((part) => part.place.kind === kind).map(({ place }) => place);
    this.context = { ...context, places };
    this.ledger = ledger;
    this.tell = tell;
    for (const place of context.plan.places()) this.parts.push(this.make(place));
  }

  private make(place: Place): Part {
    return new Part(place, redisByItself(this.context, place) ?? this.kindOf(place), (part, what) => {
      this.ledger.keep(this.parts.flatMap(({ name, process }) => (process ? [{ ...process, name }] : [])));
      if (what !== undefined && what !== 'starting') this.tell(`${part.name}: ${what}`);
    });
  }

  private kindOf(place: Place): PartKind {
    const { context } = this;
    const { plan } = context;
    const [postgres] = plan.pair('postgres');
    const [redis] = plan.pair('redis');
    const own = plan.options.patroni ? patroniKind(context, place) : undefined;
    if (own) return own;
    switch (place.kind) {
      case 'postgres':
        return postgresKind(context, place, place.name === postgres.name ? undefined : postgres);
      case 'redis':
        return redisKind(context, place, place.name === redis.name ? undefined : redis);
      case 'pgbouncer':
        return pgbouncerKind(context, place, { primary: addressOf(postgres) });
      case 'api':
      case 'worker':
        return applicationKind(context, place);
      case 'nginx':
        return nginxKind(context, place);
      case 'haproxy':
        return haproxyKind(context, place);
      case 'dns':
        return dnsKind(context, place);
      default:
        return s3Kind(context, place);
    }
  }

  /** @throws Refusal that lists the existing parts */
  part(name: string): Part {
    const found = this.parts.find((part) => part.name === name);
    if (found) return found;
    throw new Refusal(
      `expected a part but received "${name}"; there are ${this.parts.map((part) => part.name).join(', ')}`,
    );
  }

  ofKind(...kinds: Kind[]): Part[] {
    return this.parts.filter(({ place }) => kinds.includes(place.kind));
  }

  /** Data servers first, the client-facing parts last. */
  async start(stopped: () => boolean): Promise<void> {
    for (const { place } of this.parts) this.context.hosts.make(place);
    const together = async (...parts: (Part | undefined)[]): Promise<void> => {
      if (!stopped()) await Promise.all(parts.map(async (part) => part?.start()));
    };
    const [redis, ...redisReplicas] = this.ofKind('redis');
    await together(...this.ofKind('etcd'));
    const nodes = this.ofKind('postgres');
    // A replica is made from its primary; Patroni's nodes agree among themselves.
    const first = this.context.plan.options.patroni ? nodes : nodes.slice(0, 1);
    await together(...first, redis, ...this.ofKind('s3'));
    await together(...nodes, ...redisReplicas, ...this.ofKind('pg-haproxy'));
    const [way] = this.ofKind('pg-haproxy');
    if (way && !stopped()) await makeDatabase(this.context, way.place);
    await together(...this.ofKind('pgbouncer', 'sentinel'));
    if (!stopped()) await migrate(this.context, this.context.release());
    // A hundred at once would share the cores for so long that none were ready in time.
    for (const some of inGroups(this.ofKind('api', 'worker'), 2 * availableParallelism()))
      await together(...some);
    await together(...this.ofKind('nginx'));
    await together(...this.ofKind('haproxy'));
    await together(...this.ofKind('dns'));
  }

  /** Stops the client-facing parts first, the data servers last. */
  async stop(hurry: AbortSignal): Promise<void> {
    for (const kinds of [
      ['dns'],
      ['haproxy'],
      ['nginx'],
      ['api', 'worker'],
      ['pgbouncer', 'sentinel'],
      ['pg-haproxy', 'redis', 's3'],
      ['postgres'],
      ['etcd'],
    ] as Kind[][])
      await Promise.all(this.ofKind(...kinds).map((part) => part.stop(hurry)));
    this.context.hosts.close();
  }

  /** Replaces a part by a fresh one, without the old one's memory; a replica also loses its data. */
  async replace(name: string): Promise<void> {
    const part = this.part(name);
    await part.drain();
    if (name === 'postgres-replica') forgetReplica(this.context.folder, name);
    await part.start();
  }

  /** Adds one more of a kind, in rotation when this settles. Returns its name. */
  async add(kind: string): Promise<string> {
    if (kind !== 'nginx' && kind !== 'api' && kind !== 'worker')
      throw new Refusal(`expected nginx, api or worker but received "${kind}"`);
    const taken = new Set(this.ofKind(kind).map(({ name }) => name));
    const most = mostOf(kind, this.context.plan.options.hosts);
    const free = Array.from({ length: most }, (_, index) => this.context.plan.place(kind, index + 1));
    const place = free.find(({ name }) => !taken.has(name));
    if (!place) throw new Refusal(`there are addresses for ${most} of ${kind}, and all are taken`);
    this.context.hosts.make(place);
    const made = [...this.context.plan.besides(place), place].map((each) => this.make(each));
    this.parts.splice(this.lastOf(kind) + 1, 0, ...made.toReversed());
    try {
      for (const part of made) await part.start();
    } catch (error) {
      for (const part of made.toReversed()) await this.leave(part);
      throw error;
    }
    if (kind === 'api') this.tellNginx();
    return place.name;
  }

  private async leave(part: Part): Promise<void> {
    this.parts.splice(this.parts.indexOf(part), 1);
    await part.stop();
  }

  private lastOf(kind: Kind): number {
    return this.parts.findLastIndex(({ place }) => place.kind === kind);
  }

  async remove(name: string): Promise<void> {
    const part = this.part(name);
    const { kind } = part.place;
    if (kind !== 'nginx' && kind !== 'api' && kind !== 'worker')
      throw new Refusal(`expected an nginx, api or worker but received "${name}"`);
    if (this.ofKind(kind).length === 1)
      throw new Refusal(`${name} is the last of its kind; nobody would answer without it`);
    this.parts.splice(this.parts.indexOf(part), 1);
    if (kind === 'api') this.tellNginx();
    await part.drain();
    for (const { name: other } of this.context.plan.besides(part.place)) await this.leave(this.part(other));
    if (kind === 'nginx')
      for (const { place } of this.ofKind('haproxy'))
        await socketOf(this.context, place)
          .set(name, 'maint')
          .catch(() => undefined);
  }

  /** Updates the list of apis in every NGINX; requests in progress continue. */
  tellNginx(release: Release = this.context.release()): void {
    for (const part of this.ofKind('nginx')) {
      writeNginx(this.context, part.place, release);
      if (part.state === 'up') part.reload();
    }
  }

  /** The state of an NGINX in each HAProxy that responds: `UP`, `DOWN`, `DRAIN`, `MAINT`. */
  async rotationOf(name: string): Promise<string[]> {
    const asked = this.ofKind('haproxy').map(({ place }) => socketOf(this.context, place).servers());
    const answers = await Promise.allSettled(asked);
    const servers = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    return servers.flatMap((server) => (server.name === name ? [server.status] : []));
  }

  unplug(name: string, plugged: boolean): void {
    const { place } = this.part(name);
    this.context.hosts.plug(place, plugged);
    this.tell(`${name}: ${plugged ? 'plugged in again' : 'its cable is pulled'}`);
  }
}
