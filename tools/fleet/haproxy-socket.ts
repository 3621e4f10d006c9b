import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One server as HAProxy sees it. */
export interface ServerState {
  name: string;
  /** `UP`, `DOWN`, `DRAIN`, `MAINT`, with HAProxy's additions. */
  status: string;
  sessions: number;
  /** The reason, from the last check: `L4CON`, `L7STS/502`. */
  check: string;
}

/** Commands on a HAProxy's admin socket (its management guide, 9.3). */
export class HaproxySocket {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  ask(command: string): Promise<string> {
    return new Promise((settle, fail) => {
      let answer = '';
      const socket = connect(this.file);
      socket.setTimeout(1_000, () => socket.destroy(new Error('HAProxy does not answer on its socket')));
      socket.on('connect', () => socket.end(`${command}\n`));
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      socket.on('error', fail);
      socket.on('close', () => settle(answer));
    });
  }

  async servers(backend = 'web'): Promise<ServerState[]> {
    const [head = '', ...lines] = (await this.ask('show stat')).trim().split('\n');
    const names = head.replace(/^# /, '').split(',');
    const rows = lines.map((line) => line.split(','));
    const at = (row: string[], name: string) => row[names.indexOf(name)] ?? '';
    return rows
      .filter((row) => at(row, 'pxname') === backend && at(row, 'svname') !== 'BACKEND')
      .map((row) => ({
        name: at(row, 'svname'),
        status: at(row, 'status'),
        sessions: Number(at(row, 'scur')),
        check: at(row, 'check_status'),
      }));
  }

  async set(server: string, state: 'ready' | 'drain' | 'maint'): Promise<void> {
    for (const backend of ['web', 'any']) await this.ask(`set server ${backend}/${server} state ${state}`);
  }

  /** Settles when a server receives requests, or after `patience` milliseconds. */
  async up(server: string, patience = 10_000): Promise<void> {
    for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50)) {
      const found = (await this.servers()).find(({ name }) => name === server);
      if (found?.status.startsWith('UP')) return;
    }
  }

  /** Settles when a server has no requests in progress, or after `patience` milliseconds. */
  async idle(server: string, patience = 10_000): Promise<void> {
    for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50)) {
      const [web, any] = await Promise.all([this.servers('web'), this.servers('any')]);
      const open = [...web, ...any].filter(({ name }) => name === server);
      if (open.every(({ sessions }) => sessions === 0)) return;
    }
  }
}
