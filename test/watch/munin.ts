import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { Program, run } from './programs.js';
import { patient } from '../harness/pace.js';

const idOf = (flag: '-u' | '-g'): number => Number(run('id', [flag, 'munin']));

/** A real munin-node with our plugins, and a master beside it; munin-node 2.0 has fixed folder names, so it gets its own mounts. */
export class Munin {
  private node: Program | undefined;
  private port = 0;
  /** When the master last ran, in milliseconds. */
  private looked = 0;

  constructor(readonly folder: string) {}

  private file(...path: string[]): string {
    return join(this.folder, ...path);
  }

  /** `plugins`: names of links, each with its target; `env`: their settings in plugin-conf.d. */
  async start(
    plugins: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    this.port = await freePort();
    for (const name of ['plugins', 'pconf', 'db', 'www', 'log', 'run', 'state'])
      mkdirSync(this.file(name), { recursive: true });
    for (const [name, target] of Object.entries(plugins)) symlinkSync(target, this.file('plugins', name));
    const settings = Object.entries({ ...env, MUNIN_PLUGSTATE: this.file('state') });
    writeFileSync(
      this.file('pconf', 'narwhal'),
      `[*]\nuser root\n${settings.map(([name, value]) => `env.${name} ${value}`).join('\n')}\n`,
    );
    writeFileSync(
      this.file('munin-node.conf'),
      `log_level 4\nlog_file ${this.file('log', 'munin-node.log')}\npid_file ${this.file('run', 'munin-node.pid')}\nbackground 0\nsetsid 0\nuser root\ngroup root\nallow ^127\\.0\\.0\\.1$\nhost 127.0.0.1\nport ${this.port}\nhost_name narwhal.test\n`,
    );
    const mounts = `mount --bind ${this.file('plugins')} /etc/munin/plugins && mount --bind ${this.file('pconf')} /etc/munin/plugin-conf.d && exec munin-node --config ${this.file('munin-node.conf')}`;
    this.node = new Program('unshare', ['-m', 'sh', '-c', mounts], this.folder);
    await this.node.start();
    for (let tries = 0; tries < patient(100); tries += 1) {
      if (await this.ask('version').catch(() => '')) return;
      await sleep(100);
    }
    throw new Error(`expected munin-node to answer; see ${this.folder}`);
  }

  async stop(): Promise<void> {
    await this.node?.stop();
  }

  /** Speaks the node's protocol: sends the lines, and then `quit`. */
  ask(...lines: string[]): Promise<string> {
    return new Promise((settle, fail) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      socket.setEncoding('utf8').on('data', (part: string) => (text += part));
      socket.on('error', fail).on('close', () => settle(text));
      socket.write(`${[...lines, 'quit'].join('\n')}\n`);
    });
  }

  /** One run of the master as cron would start it: update, limits, pages, graphs. */
  cycle(contact: string): Promise<void> {
    return this.master(contact, 'munin-cron');
  }

  /**
   * The part that sends alerts: fetches values, checks levels, runs the contact. A master stores values by the second, so a
   * second run within one would find the value of the first.
   */
  async limits(contact: string): Promise<void> {
    await sleep(Math.max(0, this.looked + 1_000 - Date.now()));
    await this.master(contact, '/usr/share/munin/munin-update');
    this.looked = Date.now();
    await this.master(contact, '/usr/share/munin/munin-limits');
  }

  private async master(contact: string, program: string): Promise<void> {
    const conf = this.file('munin.conf');
    writeFileSync(
      conf,
      `dbdir ${this.file('db')}\nhtmldir ${this.file('www')}\nlogdir ${this.file('log')}\nrundir ${this.file('run')}\ntmpldir /etc/munin/templates\nstaticdir /etc/munin/static\ngraph_strategy cron\nhtml_strategy cron\ncontacts pagerduty\ncontact.pagerduty.command ${contact} "\${var:group}" "\${var:host}" "\${var:plugin}" "\${var:worst}"\ncontact.pagerduty.always_send warning critical\ncontact.pagerduty.text {"worst":"\${var:worst}","critical":"\${loop<,>:cfields \${var:label}=\${var:value}}","warning":"\${loop<,>:wfields \${var:label}=\${var:value}}"}\n[test;narwhal.test]\n  address 127.0.0.1\n  port ${this.port}\n  use_node_name yes\n`,
    );
    for (const name of ['', 'db', 'www', 'log', 'run']) {
      chmodSync(this.file(name), 0o755);
      chownSync(this.file(name), idOf('-u'), idOf('-g'));
    }
    // Asynchronous: the receiver that the contact notifies may be in this process.
    const child = spawn('runuser', ['-u', 'munin', '--', program, '--config', conf], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${said}`);
  }
}
