import type { FleetOptions } from './options.ts';

export type Kind =
  'dns' | 'haproxy' | 'nginx' | 'api' | 'worker' | DatabaseKind | 'redis' | 'sentinel' | 's3';
type DatabaseKind = 'pgbouncer' | 'pg-haproxy' | 'postgres' | 'etcd';

/** A part of the fleet: its name and address. */
export interface Place {
  name: string;
  kind: Kind;
  host: string;
  port: number;
  /** The port for operators: metrics, status. */
  operators?: number;
  /** The part whose host it shares. */
  beside?: string;
}

/** The name that clients use; `.test` is reserved (RFC 6761). */
export const publicName = 'narwhal.test';

/** The last numbers of each kind: `nginx-2` of net 77 is 127.77.0.22. One port per kind, since each part has its own address. */
const numbering: Record<Kind, { from: number; port: number; operators?: number }> = {
  dns: { from: 2, port: 5300 },
  haproxy: { from: 10, port: 8443, operators: 8404 },
  nginx: { from: 20, port: 8080, operators: 8081 },
  api: { from: 30, port: 3000, operators: 9464 },
  worker: { from: 40, port: 9465 },
  pgbouncer: { from: 51, port: 6432 },
  'pg-haproxy': { from: 51, port: 5000 },
  postgres: { from: 60, port: 5432 },
  etcd: { from: 60, port: 2379 },
  redis: { from: 70, port: 6379 },
  sentinel: { from: 75, port: 26379 },
  s3: { from: 81, port: 7480 },
};

/** The numbering of one third number has room for this many of a kind; api-11 is 127.77.1.31. */
const room = 10;

/** The most parts of a kind. HAProxy knows eight NGINX from its start, and a bridge between hosts has one network of 254. */
export const mostOf = (kind: Kind, hosts: boolean): number =>
  hosts || kind === 'nginx' ? 8 : kind === 'haproxy' ? 4 : 100;

/** Addresses and ports of one fleet. */
export class Plan {
  readonly options: FleetOptions;
  private readonly base: string;

  constructor(options: FleetOptions) {
    this.options = options;
    this.base = `${options.hosts ? 10 : 127}.${options.net}`;
  }

  /** The machine's own address, from which the fleet's programs connect. */
  get machine(): string {
    return `${this.base}.0.1`;
  }

  get network(): string {
    return `${this.base}.0.0/16`;
  }

  /** The n-th of a kind, from 1. */
  place(kind: Kind, number: number, name = `${kind}-${number}`): Place {
    const { from, port, operators } = numbering[kind];
    const host = `${this.base}.${Math.floor(number / room)}.${from + (number % room)}`;
    const place = { name, kind, host, port };
    return operators === undefined ? place : { ...place, operators };
  }

  get dns(): Place {
    return this.place('dns', 0, 'dns');
  }

  get pgbouncer(): Place {
    return this.place('pgbouncer', 0, 'pgbouncer');
  }

  get s3(): Place {
    return this.place('s3', 0, 's3');
  }

  pair(kind: 'postgres' | 'redis'): [primary: Place, replica: Place] {
    return [this.place(kind, 1, `${kind}-primary`), this.place(kind, 2, `${kind}-replica`)];
  }

  /** Where PostgreSQL fails over by itself: its nodes, each with a member of etcd on its host. */
  get nodes(): Place[] {
    return [1, 2, 3].map((number) => this.place('postgres', number));
  }

  /** A part on another one's host. */
  beside(kind: Kind, { name, host }: Place, own = `${kind}-${name}`): Place {
    return { ...this.place(kind, 1, own), host, beside: name };
  }

  /** The way to the primary, on the host of each api and worker where PostgreSQL fails over by itself. */
  wayOf(application: Place): { balancer: Place; pool: Place } {
    return {
      balancer: this.beside('pg-haproxy', application),
      pool: this.beside('pgbouncer', application),
    };
  }

  /** The parts that share a host with a part, and start before it. */
  besides(place: Place): Place[] {
    const isApplication = place.kind === 'api' || place.kind === 'worker';
    return this.options.patroni && isApplication ? Object.values(this.wayOf(place)) : [];
  }

  private databasePlaces(): Place[] {
    if (!this.options.patroni) return [this.pgbouncer, ...this.pair('postgres')];
    const ways = [...this.many('api'), ...this.many('worker')].flatMap((each) => this.besides(each));
    const members = this.nodes.map((node) =>
      this.beside('etcd', node, node.name.replace('postgres', 'etcd')),
    );
    return [...ways, ...this.nodes, ...members];
  }

  /** A primary and a replica, or three of which sentinels choose the primary. */
  get redises(): Place[] {
    return this.options.sentinels
      ? [1, 2, 3].map((number) => this.place('redis', number))
      : this.pair('redis');
  }

  /** One on the host of each, so that whoever loses its primary's loses a sentinel, too. */
  get sentinels(): Place[] {
    if (!this.options.sentinels) return [];
    return this.redises.map((redis) =>
      this.beside('sentinel', redis, redis.name.replace('redis', 'sentinel')),
    );
  }

  many(kind: 'haproxy' | 'nginx' | 'api' | 'worker'): Place[] {
    return Array.from({ length: this.options[kind] }, (_, index) => this.place(kind, index + 1));
  }

  /** All of them, in the order of the diagram. */
  places(): Place[] {
    const s3 = this.options.s3 ? [this.s3] : [];
    return [
      this.dns,
      ...this.many('haproxy'),
      ...this.many('nginx'),
      ...this.many('api'),
      ...this.many('worker'),
      ...this.databasePlaces(),
      ...this.redises,
      ...this.sentinels,
      ...s3,
    ];
  }

  get publicUrl(): string {
    return `https://${publicName}:${numbering.haproxy.port}`;
  }
}

export const addressOf = ({ host, port }: Place): string => `${host}:${port}`;
