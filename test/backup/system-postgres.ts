import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';
import { isRoot } from '../../tools/dev/env.ts';
import { privileges } from '../../tools/dev/privilege-drop/privilege-drop.ts';
import { serviceUser } from '../../tools/dev/privilege-drop/user.ts';
import { offerFile } from '../../tools/dev/system-packages.ts';
import { bareEnvironment } from '../harness/env.js';

const versions = '/usr/lib/postgresql';

/** The newest PostgreSQL of the system that has a server; undefined where there is none, or no pgBackRest. */
export function systemPostgres(): string | undefined {
  offerFile('/usr/bin/pgbackrest', 'pgbackrest');
  if (!existsSync(versions)) offerFile(versions, 'postgresql');
  if (!existsSync('/usr/bin/pgbackrest') || !existsSync(versions)) return undefined;
  const majors = readdirSync(versions).sort((a, b) => Number(a) - Number(b));
  const found = majors.findLast((major) => existsSync(join(versions, major, 'bin', 'postgres')));
  return found && join(versions, found, 'bin');
}

export interface Ended {
  code: number;
  text: string;
}

/** A PostgreSQL of the system in a folder, as a user who is not root, which archives by pgBackRest into an encrypted repository. */
export class ArchivingPostgres {
  readonly repository: string;
  readonly #user = isRoot ? serviceUser() : undefined;

  constructor(
    readonly folder: string,
    private readonly programs: string,
  ) {
    this.repository = join(folder, 'repository');
    for (const name of ['', 'repository', 'spool', 'log', 'lock', 'cluster-socket', 'another-socket', 'tmp'])
      this.#own(join(folder, name));
    this.configure('pgbackrest.conf', 'key-1');
  }

  #own(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (this.#user) chownSync(folder, this.#user.uid, this.#user.gid);
  }

  /** Writes pgBackRest's settings. */
  configure(name: string, key: string, cluster = 'cluster'): string {
    const file = join(this.folder, name);
    const at = (each: string) => join(this.folder, each);
    writeFileSync(
      file,
      `[global]
repo1-path=${this.repository}
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=${key}
repo1-bundle=y
start-fast=y
archive-async=y
spool-path=${at('spool')}
log-path=${at('log')}
lock-path=${at('lock')}
[narwhal]
pg1-path=${at(cluster)}
pg1-socket-path=${at(`${cluster}-socket`)}
pg1-user=narwhal
`,
    );
    return file;
  }

  #as(program: string, args: readonly string[], env: Record<string, string> = {}) {
    const command = this.#user
      ? ['setpriv', ...privileges(this.#user), program, ...args]
      : [program, ...args];
    const [first = '', ...rest] = command;
    const settings = {
      PGBACKREST_CONFIG: join(this.folder, 'pgbackrest.conf'),
      TMPDIR: join(this.folder, 'tmp'),
    };
    return [first, rest, { cwd: this.folder, env: { ...bareEnvironment(), ...settings, ...env } }] as const;
  }

  /** Runs a program as PostgreSQL's user. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Ended> {
    const [command, rest, options] = this.#as(program, args, env);
    return new Promise((done) =>
      execFile(command, rest, options, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, text: `${stdout}${stderr}` }),
      ),
    );
  }

  /** @throws what it said, when it failed */
  async must(program: string, ...args: string[]): Promise<string> {
    const { code, text } = await this.run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${code}\n${text}`);
    return text;
  }

  async start(archive: string): Promise<void> {
    await this.begin('cluster', `archive_mode = on\narchive_command = '${archive}'\n`);
    await this.must('pgbackrest', '--stanza=narwhal', 'stanza-create');
  }

  /** Begins a server of its own. */
  async begin(name: string, settings = ''): Promise<void> {
    const at = join(this.folder, name);
    await this.must(join(this.programs, 'initdb'), '-D', at, '-U', 'narwhal', '--auth=trust', '--no-sync');
    appendFileSync(join(at, 'postgresql.conf'), `fsync = off\n${settings}`);
    await this.#serve(name, name);
  }

  async #serve(name: string, socket = 'cluster'): Promise<void> {
    const at = join(this.folder, name);
    const log = join(this.folder, 'log', `${name}.log`);
    const options = `-c unix_socket_directories=${join(this.folder, `${socket}-socket`)} -c listen_addresses=`;
    await this.must(join(this.programs, 'pg_ctl'), '-D', at, '-l', log, '-w', '-o', options, 'start');
  }

  async stop(name = 'cluster'): Promise<void> {
    await this.run(join(this.programs, 'pg_ctl'), [
      '-D',
      join(this.folder, name),
      '-m',
      'fast',
      '-w',
      'stop',
    ]);
  }

  url(database = 'narwhal'): string {
    return `postgres://narwhal@${encodeURIComponent(join(this.folder, 'cluster-socket'))}/${database}`;
  }

  /** The output of statements, a line a row. */
  async ask(...statements: string[]): Promise<string[]> {
    const args = ['-XAtq', '-h', join(this.folder, 'cluster-socket'), '-U', 'narwhal', 'narwhal'];
    const text = await this.must('psql', ...args, ...statements.flatMap((each) => ['-c', each]));
    return text.trim().split('\n');
  }

  /** Ends a segment of WAL, and waits until it is archived. */
  async archived(): Promise<void> {
    const [segment = ''] = await this.ask(`SELECT pg_walfile_name(pg_switch_wal())`);
    for (let last = ''; last < segment;)
      [last = ''] = await this.ask(`SELECT left(coalesce(last_archived_wal, ''), 24) FROM pg_stat_archiver`);
  }

  /** The rows of a restored folder, served in place of the original, which is stopped meanwhile. */
  async rowsIn(name: string, statement: string): Promise<string[]> {
    await this.stop();
    await this.#serve(name);
    const rows = await this.ask(statement);
    await this.stop(name);
    await this.#serve('cluster');
    return rows;
  }

  /** `narwhal …` as PostgreSQL's user, of the built output. */
  narwhal(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const program = join(root, 'dist/apps/cli/src/main.js');
    const settings = { DATABASE_URL: this.url(), BACKUP_REPOSITORY: 'pgbackrest:narwhal', ...env };
    return this.run(process.execPath, [program, ...words], settings);
  }
}

/** Without root's rights over them files of others are out of reach; with them they are changed in place. */
export const damage = (file: string): void => {
  chmodSync(file, 0o640);
  execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=1', 'seek=5000', 'count=64', 'conv=notrunc'], {
    stdio: 'ignore',
  });
};
