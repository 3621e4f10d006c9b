import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deliver, type Incident } from '../../libs/platform/src/pagerduty.js';
import { metrics, runbookOf } from '../../libs/platform/src/metrics/index.js';
import { paging } from './settings.js';

/**
 * Munin's contact command: `narwhal-contact GROUP HOST PLUGIN WORST`, with the exceeded limits on standard input. Opens an
 * incident at WARNING and CRITICAL, resolves it at OK, always under the same key. Events that PagerDuty does not accept are
 * kept in a folder, the newest of each incident, and sent by the next call.
 */
const [group = '', host = '', plugin = '', worst = ''] = process.argv.slice(2);

const severities: Record<string, Incident['severity']> = {
  CRITICAL: 'critical',
  WARNING: 'warning',
  UNKNOWN: 'warning',
};

function said(): string {
  try {
    return readFileSync(0, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The alert of a view by its name in the catalogue; its runbook says what to do. */
function alertOf(view: string): string | undefined {
  for (const [, { shows }] of metrics) {
    const found = shows[view]?.levels?.alert;
    if (found !== undefined) return found;
  }
  return undefined;
}

function incident(): Incident {
  const view = plugin.replace(/^.*[.:]/, '').replace(/^narwhal_/, '');
  const alert = alertOf(view);
  return {
    key: `narwhal/munin/${host}/${plugin}`,
    action: worst === 'OK' ? 'resolve' : 'trigger',
    summary: `${alert ?? plugin} on ${host} is ${worst}`,
    source: host,
    severity: severities[worst] ?? 'error',
    component: group,
    class: alert ?? plugin,
    ...(alert ? { runbook: runbookOf(alert) } : {}),
    details: { munin: said().slice(0, 2_000) },
  };
}

const fileOf = ({ key }: Incident): string =>
  join(paging.spool, `${encodeURIComponent(key).slice(0, 200)}.json`);

function keep(one: Incident): void {
  mkdirSync(paging.spool, { recursive: true, mode: 0o700 });
  const file = fileOf(one);
  writeFileSync(`${file}.new`, JSON.stringify(one));
  renameSync(`${file}.new`, file);
}

/** Oldest first; stops at the first that is not accepted. */
async function sendKept(): Promise<void> {
  const settings = { routingKey: readFileSync(paging.routingKeyFile, 'utf8').trim(), ...paging };
  for (const name of readdirSync(paging.spool).filter((one) => one.endsWith('.json'))) {
    const file = join(paging.spool, name);
    const outcome = await deliver(JSON.parse(readFileSync(file, 'utf8')) as Incident, settings);
    if (outcome === 'kept') return;
    if (outcome === 'refused')
      process.stderr.write(`PagerDuty refuses ${name}: is the integration key right?\n`);
    rmSync(file, { force: true });
  }
}

keep(incident());
await sendKept();
