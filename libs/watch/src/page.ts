import { createHash } from 'node:crypto';
import { escape } from '@app/pages';
import { inWords } from '@app/platform';
import type { OperatorsReport } from './report.js';
import { runbookName, runbookText } from './runbooks.js';
import { clock, type Sentence } from './sentences.js';

const style = `
:root{color-scheme:light dark;--ink:#1d2733;--quiet:#5b6875;--line:#dfe5ea;--paper:#fff;--tint:#f3f7fa;--good:#1a7f4b;--warn:#9a6200;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e3e9ee;--quiet:#9aa7b3;--line:#33404c;--paper:#151b21;--tint:#1e262e;--good:#5fce94;--warn:#e9b44c;--bad:#ff8a80}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;padding:.8rem 1.25rem;background:#12344d;color:#fff}
header h1{font-size:1.15rem;margin:0}header span{color:#cfe6f5}
main,footer{max-width:62rem;margin:0 auto;padding:.5rem 1.25rem}footer{padding-bottom:3rem}
h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
ul{list-style:none;margin:1rem 0;padding:0}
li{border-left:4px solid var(--good);background:var(--tint);padding:.5rem .8rem;margin:.4rem 0}
li.warning{border-color:var(--warn)}li.critical{border-color:var(--bad)}
li small{display:block;color:var(--quiet)}a{color:inherit}
pre{white-space:pre-wrap;font:inherit;background:var(--tint);padding:.6rem .8rem;margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--quiet);font-weight:500}td.why{white-space:normal}
.ok{color:var(--good)}.slow{color:var(--warn)}.down,.wrong{color:var(--bad);font-weight:600}
`;

/** Loads nothing: the page is this text alone. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`;

interface Cell {
  text: unknown;
  look?: string;
}

function table(head: readonly string[], rows: readonly (readonly (Cell | string | number)[])[]): string {
  const cell = (tag: string, { text, look = '' }: Cell) =>
    `<${tag}${look ? ` class="${look}"` : ''}>${escape(String(text))}</${tag}>`;
  const line = (cells: readonly (Cell | string | number)[], tag: string) =>
    `<tr>${cells.map((one) => cell(tag, typeof one === 'object' ? one : { text: one })).join('')}</tr>`;
  return `<div class="wide" tabindex="0"><table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}

const seconds = (value: number): string => inWords(Math.round(value * 10) / 10, 'seconds');

function waiting({ pending, queues }: OperatorsReport): string {
  const rows = (pending ?? []).map(({ kind, count, age, stuck, oldest }) => [
    kind,
    count,
    stuck,
    count > 0 ? seconds(age) : '',
    oldest ?? '',
  ]);
  const jobs = Object.entries(queues ?? {}).map(([name, { depth, age }]) => [
    name,
    depth,
    depth > 0 ? seconds(age) : '',
  ]);
  return `<h2>Rows that wait for later work</h2>${pending ? table(['kind', 'rows', 'stuck', 'oldest for', 'oldest'], rows) : '<p>PostgreSQL does not answer.</p>'}
<h2>Queues</h2>${queues ? table(['queue', 'jobs', 'oldest for'], jobs) : '<p>Redis does not answer.</p>'}`;
}

function servers({ postgres: { pool, facts, sizes }, redis, disk }: OperatorsReport): string {
  const share = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : inWords(value, 'share');
  const bytes = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : inWords(value, 'bytes');
  const lag = facts?.replicationLag;
  return table(
    ['what', 'now'],
    [
      ["this process's pool", `${pool.busy} busy, ${pool.idle} idle, ${pool.waiting} waiting`],
      ['connections to PostgreSQL', share(facts?.connections)],
      ['slowest replica', lag === null || lag === undefined ? 'none' : seconds(lag)],
      ['database', bytes(sizes?.bytes)],
      ['sessions', sizes ? `${sizes.sessions}, ${sizes.activePeople} people active` : '–'],
      [
        'memory of Redis',
        `${bytes(redis?.memory)}${redis?.memoryShare ? ` (${share(redis.memoryShare)} of its limit)` : ''}`,
      ],
      ['disk left for photos', disk?.freeBytes === null ? 'in S3' : bytes(disk?.freeBytes)],
    ],
  );
}

/** The results of the synthetic checks; empty if there are none. */
function visits({ processes }: OperatorsReport): string {
  const rows = processes.flatMap(({ host, pid, living, visit }) =>
    living && visit
      ? [
          [
            `${pid} on ${host}`,
            visit.failed ? { text: `${visit.failed} fails`, look: 'down' } : { text: 'succeeds', look: 'ok' },
            clock(new Date(visit.since)),
            clock(new Date(visit.at)),
            { text: visit.why ?? '', look: 'why' },
          ],
        ]
      : [],
  );
  if (rows.length === 0) return '';
  return `<h2>Synthetic checks</h2>${table(['worker', 'state', 'since', 'last check', 'why'], rows)}\n`;
}

/** The link to a runbook, which is further down on the page; its file name if its text is unavailable. */
function runbookLink(file: string): string {
  const text =
    runbookText(file) === null ? escape(file) : `<a href="#${escape(runbookName(file))}">${escape(file)}</a>`;
  return `<small>${text}</small>`;
}

/** Converts only the Markdown that would hinder reading it as plain text. */
const withHeadings = (text: string): string => text.replace(/^##+ (.*)$/gm, '<strong>$1</strong>');

/** The runbooks that the sentences name, each once. */
function runbooks(sentences: readonly Sentence[]): string {
  const files = new Set(sentences.flatMap(({ runbook }) => runbook ?? []));
  return [...files]
    .map((file) => [runbookName(file), runbookText(file)] as const)
    .map(([name, text]) =>
      text === null
        ? ''
        : `<h2 id="${escape(name)}">${escape(name)}</h2><pre>${withHeadings(escape(text.replace(/^# .*\n+/, '')))}</pre>\n`,
    )
    .join('');
}

/** Within how many seconds the page may reload itself. */
const RELOADS = { least: 2, most: 600 };

/** What its address asks for: `reload` in seconds, if it is one that may be; and a link to the same page that switches that. */
function reloading(address: string): { seconds: number | null; link: string } {
  const { searchParams } = new URL(address, 'http://operators');
  const asked = searchParams.get('reload') ?? '';
  const isGood = /^\d{1,3}$/.test(asked) && Number(asked) >= RELOADS.least && Number(asked) <= RELOADS.most;
  searchParams.delete('reload');
  if (!isGood) searchParams.set('reload', '10');
  return { seconds: isGood ? Number(asked) : null, link: `?${searchParams.toString()}` };
}

/** Says whether the page reloads itself, which nobody wants who reads it by ear, and switches that without a script. */
function footer({ seconds: every, link }: ReturnType<typeof reloading>): string {
  const [says, does] =
    every === null
      ? ['This page stays as it is.', 'Reload it every 10 seconds']
      : [`This page reloads itself every ${every} seconds.`, 'Leave it as it is'];
  return `<footer><p>${says} <a href="${escape(link)}">${does}</a></p></footer>`;
}

/** The report as a page; `address` is where it was asked for: with `?reload=10` the page reloads every ten seconds. */
export function reportPage(report: OperatorsReport, address: string): string {
  const reload = reloading(address);
  const sentences = report.sentences.map(
    ({ level, text, runbook }) =>
      `<li class="${level}">${escape(text)}${runbook ? runbookLink(runbook) : ''}</li>`,
  );
  const parts = Object.entries(report.parts).map(([name, { state, milliseconds, since, why, reach }]) => [
    name,
    { text: state, look: state },
    `${milliseconds} ms`,
    clock(since),
    { text: [why, reach === 'only_this_process' ? 'only here' : ''].filter(Boolean).join('; '), look: 'why' },
  ]);
  const processes = report.processes.map(({ kind, host, pid, version, startedAt, age, living, sees }) => [
    { text: kind, look: living ? 'ok' : 'down' },
    host,
    String(pid),
    version,
    startedAt.slice(0, 16).replace('T', ' '),
    `${seconds(age)} ago`,
    Object.entries(sees)
      .map(([store, state]) => `${store} ${state}`)
      .join(', '),
  ]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
${reload.seconds === null ? '' : `<meta http-equiv="refresh" content="${reload.seconds}">`}<title>${escape(report.status)} · Narwhal</title><style>${style}</style></head>
<body><header><h1>Narwhal is ${escape(report.status.replace('_', ' '))}</h1><span>${escape(report.version)} · ${escape(report.at.slice(0, 19).replace('T', ' '))} UTC</span></header>
<main><ul>${sentences.join('')}</ul>
<h2>Stores</h2>${table(['store', 'state', 'took', 'since', 'why'], parts)}
<h2>Processes</h2>${table(['kind', 'machine', 'process', 'release', 'started (UTC)', 'last heartbeat', 'sees'], processes)}
${visits(report)}${waiting(report)}
<h2>Servers</h2>${servers(report)}
${runbooks(report.sentences)}</main>${footer(reload)}</body></html>
`;
}
