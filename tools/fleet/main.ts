import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../dev/build.ts';
import { interactive, readEnvironment } from '../dev/env.ts';
import { root } from '../dev/install.mjs';
import type { Ledger } from '../dev/ledger.ts';
import { describe, Refusal, say, warn } from '../dev/say.ts';
import { randomHex } from '../dev/secrets.ts';
import { offerBubblewrap } from '../dev/system-packages.ts';
import { listenForStop, type StopRequest } from '../dev/up/stop-request.ts';
import { applicationSettings, inS3, onDisk } from './app-parts.ts';
import { certificateOf, type Certificate } from './certificate.ts';
import { checkCeph, checkPorts, checkPrograms, checkRoom, describePlan, offerBrotli } from './checks.ts';
import { fleetLedger, order, takeOrders, type Order } from './control.ts';
import type { DataContext } from './data-parts.ts';
import { deploy, type Versions } from './deploy.ts';
import { Fleet } from './fleet.ts';
import { checkHosts, makeHosts } from './hosts.ts';
import { commandNames, readFleetOptions, usage } from './options.ts';
import { Plan, publicName } from './plan.ts';
import { checkPatroni } from './patroni-parts.ts';
import { switchover } from './patroni-standing.ts';
import { promote } from './promote.ts';
import { Pulse } from './pulse.ts';
import { Release } from './release.ts';
import { Screen } from './screen.ts';
import { rowsOf, tableOf, type Row } from './table.ts';
import { Watch } from './watch.ts';

/** `npm run fleet`: starts a fleet and stays, or sends an order to the running one. */
export async function fleet(args: string[]): Promise<number | void> {
  const folder = join(readEnvironment().dataFolder, 'fleet');
  const [command = '', ...words] = args;
  if (command === 'help' || args.includes('--help')) return say(usage);
  if ((commandNames as readonly string[]).includes(command)) return order(folder, { command, words });
  if (command !== '' && !command.startsWith('-'))
    throw new Refusal(`expected a command but received "${command}"\n\n${usage}`);
  return run(new Plan(readFleetOptions(args)), folder);
}

async function run(plan: Plan, folder: string): Promise<void> {
  const stop = listenForStop();
  const secret = randomHex();
  let carryOut: (order: Order) => Promise<string> = () =>
    Promise.reject(new Refusal('The fleet is starting; try again when it is up.'));
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  chmodSync(folder, 0o711);
  const { port, server } = await takeOrders(secret, (given) => carryOut(given));
  const ledger = fleetLedger(folder, { port, secret });
  await ledger.take();
  try {
    await standing(plan, folder, stop, ledger, (take) => (carryOut = take));
  } finally {
    server.close();
    ledger.release();
    if (stop.asked) say('Stopped.');
  }
}

function contextOf(plan: Plan, folder: string, certificate: Certificate, versions: Versions) {
  const logFile = (name: string) => join(folder, 'logs', `${name}.log`);
  const data: DataContext = { plan, folder, logFile, hosts: makeHosts(plan) };
  const settings = applicationSettings(data, plan.options.s3 ? inS3(data) : onDisk(folder));
  return { ...data, release: () => versions.current, settings, certificate };
}

async function standing(
  plan: Plan,
  folder: string,
  stop: StopRequest,
  ledger: Pick<Ledger<object>, 'keep'>,
  accept: (carryOut: (order: Order) => Promise<string>) => void,
): Promise<void> {
  const begun = Date.now();
  checkHosts(plan);
  const addresses = plan.many('haproxy').map(({ host }) => host);
  const certificate = certificateOf(join(folder, 'certificate'), addresses, plan.options.certificate);
  checkRoom(plan, folder);
  await checkPorts(plan);
  checkPrograms();
  offerBubblewrap();
  offerBrotli();
  if (plan.options.s3) checkCeph();
  if (plan.options.patroni) checkPatroni();
  await build();
  say(`The plan:\n${describePlan(plan)}\n`);
  const versions: Versions = { current: Release.keep(join(root, 'dist'), folder) };
  const screen = new Screen(
    interactive,
    (text) => void process.stdout.write(text),
    () => process.stdout,
  );
  const tell = (line: string) => screen.event(line);
  const parts = new Fleet(contextOf(plan, folder, certificate, versions), ledger, tell);
  const watch = new Watch(parts, tell);
  const pulse = new Pulse(parts);
  const rows = () => rowsOf(parts, watch, pulse);
  const show = () => tableOf(rows(), versions.current.version);
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([parts.start(() => stop.asked), stop.requested]);
    if (stop.asked) return;
    summarize(plan, folder, certificate, (Date.now() - begun) / 1_000);
    const ask = new AbortController();
    accept((given) => carry(given, { parts, versions, tell, rows, show, stop: () => ask.abort() }));
    void watch.run();
    void pulse.run();
    timer = setInterval(() => screen.draw(show()), 1_000);
    await Promise.race([
      stop.requested,
      new Promise((settle) => ask.signal.addEventListener('abort', settle)),
    ]);
  } finally {
    clearInterval(timer);
    watch.stop();
    pulse.stop();
    screen.leave();
    await parts.stop(stop.hurry).catch((error: unknown) => warn(describe(error)));
  }
}

interface Standing {
  parts: Fleet;
  versions: Versions;
  tell: (line: string) => void;
  rows: () => Row[];
  show: () => string;
  stop: () => void;
}

/** The operation that changes several parts in turn, and excludes other changes meanwhile. */
let under: 'deploy' | 'promotion' | undefined;

async function carry({ command, words }: Order, standing_: Standing): Promise<string> {
  const { parts, versions, tell, rows, show, stop } = standing_;
  const [name = ''] = words;
  if (command === 'status') return name === '--json' ? JSON.stringify(rows()) : show();
  if (command === 'rotation') return JSON.stringify({ servers: await parts.rotationOf(name) });
  if (command === 'stop') {
    stop();
    return 'The fleet stops.';
  }
  if (under) throw new Refusal(`A ${under} is under way; wait until it has ended.`);
  if (command === 'deploy') {
    under = 'deploy';
    return deploy(parts, versions, words[0], tell).finally(() => (under = undefined));
  }
  if (command === 'promote') {
    under = 'promotion';
    return promote(parts, name, tell).finally(() => (under = undefined));
  }
  if (command === 'switchover') return switchover(parts.context, parts.ofKind('postgres'), name);
  if (command === 'add') return `${await parts.add(name)} is in rotation.`;
  if (command === 'unplug' || command === 'plug') {
    parts.unplug(name, command === 'plug');
    return `${name}: ${command === 'plug' ? 'plugged in' : 'unplugged'}.`;
  }
  if (command === 'remove') {
    await parts.remove(name);
    return `${name} is gone.`;
  }
  await carryOutOn(parts, command, name);
  return `${name} is ${parts.part(name).state}.`;
}

async function carryOutOn(parts: Fleet, command: string, name: string): Promise<void> {
  const part = parts.part(name);
  if (command === 'kill') await part.kill();
  else if (command === 'pause') part.pause();
  else if (command === 'drain') await part.drain();
  else if (command === 'start') await part.start();
  else if (command === 'replace') await parts.replace(name);
}

function summarize(plan: Plan, folder: string, { authority }: Certificate, seconds: number): void {
  const [first] = plan.many('haproxy');
  const trust = authority ? `--cacert ${authority} ` : '';
  const { host = '', port = 0 } = first ?? {};
  say(`
Narwhal's fleet is up (${seconds.toFixed(1)} s).

  API       ${plan.publicUrl}/v1
  DNS       dig @${plan.dns.host} -p ${plan.dns.port} ${publicName}
  HAProxy   http://${host}:8404/ (its page), /metrics
  NGINX     http://${plan.many('nginx').map((place) => `${place.host}:${place.operators}`)[0]}/nginx_status
  data      ${folder}
  logs      ${folder}/logs

  curl ${trust}--resolve ${publicName}:${port}:${host} ${plan.publicUrl}/v1/instance

In another terminal: npm run fleet -- kill nginx-2, pause, drain, start, replace, add, remove, deploy, status (npm run fleet -- help).
Ctrl-C stops it; the data stays.
`);
}
