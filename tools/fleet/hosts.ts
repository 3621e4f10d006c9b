import { spawnSync } from 'node:child_process';
import { isRoot } from '../dev/env.ts';
import { Refusal } from '../dev/say.ts';
import { findProgram } from '../dev/system-packages.ts';
import type { Place, Plan } from './plan.ts';

export interface Command {
  command: string;
  args: string[];
}

/** The network of the parts: this machine's own, or a separate host for each part of the edge. */
export interface Hosts {
  /** Makes the place's host, if it needs one. */
  make(place: Place): void;
  /** Wraps a command so that it runs on the place's host. */
  on(place: Place, command: Command): Command;
  /** Pulls the host's cable, or plugs it in again. */
  plug(place: Place, plugged: boolean): void;
  close(): void;
}

/** Loopback: every address of 127.0.0.0/8 exists already. */
class Loopback implements Hosts {
  make(): void {}

  on(_place: Place, command: Command): Command {
    return command;
  }

  plug(): void {
    throw new Refusal(
      'Parts have no cable of their own here. Start the fleet with --hosts (as root) to pull one.',
    );
  }

  close(): void {}
}

const apart = ['haproxy', 'nginx', 'api'];

function ip(...args: string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
}

/**
 * A bridge, and a network namespace with a cable to it for each HAProxy, NGINX and api, and for each PostgreSQL and Redis that
 * fails over by itself. Other data servers stay on the bridge's own side. Names contain the fleet's net, so that the remains of a killed launcher are found.
 */
class Namespaces implements Hosts {
  private readonly net: number;
  private readonly machine: string;
  private readonly apart: Set<string>;

  constructor(plan: Plan) {
    this.net = plan.options.net;
    this.machine = plan.machine;
    const { patroni, sentinels } = plan.options;
    this.apart = new Set([
      ...apart,
      ...(patroni ? ['postgres', 'worker'] : []),
      ...(sentinels ? ['redis'] : []),
    ]);
    this.close();
    this.must(ip('link', 'add', this.bridge, 'type', 'bridge'));
    this.must(ip('addr', 'add', `${this.machine}/24`, 'dev', this.bridge));
    this.must(ip('link', 'set', this.bridge, 'up'));
  }

  private get bridge(): string {
    return `nw${this.net}`;
  }

  private must(done: boolean): void {
    if (!done)
      throw new Refusal(`This machine allows no network namespaces; start the fleet without --hosts.`);
  }

  /** Its own host, or the one that it shares. */
  private namespaceOf({ name, beside = name }: Place): string | undefined {
    return this.apart.has(beside.replace(/-\d+$/, '')) ? `nw${this.net}-${beside}` : undefined;
  }

  /** Interface names have 15 characters at most. */
  private cableOf({ kind, name }: Place): string {
    return `nw${this.net}${kind[0]}${/\d+$/.exec(name)?.[0] ?? ''}`;
  }

  make(place: Place): void {
    if (place.beside !== undefined) return;
    const [space, cable] = [this.namespaceOf(place), this.cableOf(place)];
    if (space === undefined) {
      ip('addr', 'add', `${place.host}/24`, 'dev', this.bridge);
      return;
    }
    if (spawnSync('ip', ['netns', 'pids', space], { stdio: 'ignore' }).status === 0) return;
    this.must(ip('netns', 'add', space));
    this.must(ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space));
    this.must(ip('link', 'set', cable, 'master', this.bridge, 'up'));
    this.must(ip('-n', space, 'addr', 'add', `${place.host}/24`, 'dev', 'eth0'));
    this.must(ip('-n', space, 'link', 'set', 'eth0', 'up'));
    this.must(ip('-n', space, 'link', 'set', 'lo', 'up'));
  }

  on(place: Place, { command, args }: Command): Command {
    const space = this.namespaceOf(place);
    if (space === undefined) return { command, args };
    return { command: 'ip', args: ['netns', 'exec', space, command, ...args] };
  }

  plug(place: Place, plugged: boolean): void {
    if (place.beside !== undefined || this.namespaceOf(place) === undefined)
      throw new Refusal(`${place.name} has no host of its own; ${[...this.apart].join(', ')} have.`);
    ip('link', 'set', this.cableOf(place), plugged ? 'up' : 'down');
  }

  close(): void {
    const listed = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout ?? '';
    const names = listed.split('\n').map((line) => line.split(' ')[0] ?? '');
    for (const name of names.filter((each) => each.startsWith(`nw${this.net}-`))) ip('netns', 'delete', name);
    ip('link', 'delete', this.bridge);
  }
}

/** @throws Refusal when separate hosts are requested where they cannot be made */
export function checkHosts({ options }: Plan): void {
  if (options.hosts && (!isRoot || !findProgram('ip')))
    throw new Refusal(
      'Hosts of their own are network namespaces, which take root and the package iproute2. Without --hosts neither is needed. Nothing was started.',
    );
}

export function makeHosts(plan: Plan): Hosts {
  return plan.options.hosts ? new Namespaces(plan) : new Loopback();
}
