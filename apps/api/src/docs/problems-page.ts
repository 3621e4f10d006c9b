import { STATUS_CODES } from 'node:http';
import { problem, problemParams, problemTable, type ProblemCode } from '@app/platform';
import { escape } from '@app/pages';
import { faultCodes } from '../openapi/problem-schemas.js';
import { page } from './look.js';

interface Refusal {
  name: ProblemCode;
  code: string;
  status: number;
  sentence: string;
}

const introduction = `<h1>Problems</h1>
<p>Every answer of 400 and above is a problem (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>,
<code>application/problem+json</code>). Act on <code>code</code>, which is stable; <code>params</code> carries the numbers;
<code>detail</code> is English, for developers; <code>requestId</code> names the request in the server’s log.</p>
<pre>{
  "type": "/docs/problems#photo_too_large",
  "title": "photo too large",
  "status": 413,
  "detail": "A photo may have 52428800 bytes.",
  "code": "photo_too_large",
  "params": { "limit": 52428800 },
  "requestId": "0b0e7f0c-6d1e-4f0a-9f0e-2f4f0b1f6c55"
}</pre>
<p><code>validation_failed</code> names every fault at once in <code>errors</code>: each with a <code>pointer</code> into the body or the name of a
<code>parameter</code>, a <code>code</code> and <code>params</code>.</p>`;

function refusals(): Refusal[] {
  return (Object.keys(problemTable) as ProblemCode[]).map((name) => {
    const [status, sentence] = problemTable[name];
    return { name, code: problem(name).code, status, sentence };
  });
}

const withVariables = (sentence: string): string =>
  escape(sentence).replace(/\{(\w+)\}/g, (_, name: string) => `<var>${name}</var>`);

/** The parameters of a code, each with its type and meaning. */
function paramsOf(name: ProblemCode): string {
  const lines = Object.entries(problemParams[name] ?? {}).map(
    ([param, [type, meaning, presence]]) =>
      `<br><var>${param}</var> <span class="quiet">${type}${presence ? ', may be missing' : ''}</span> ${withCode(meaning)}`,
  );
  return lines.join('');
}

const withCode = (sentence: string): string => escape(sentence).replace(/`([^`]+)`/g, '<code>$1</code>');

/** The codes of faults that a field may have. */
function faults(): string {
  const entries = Object.entries(faultCodes).map(
    ([code, params]) =>
      `<div><dt><code>${code}</code></dt><dd><var>${params || 'no params'}</var></dd></div>`,
  );
  return `<h2>Faults of fields <span class="quiet">in errors of validation_failed</span></h2>\n<dl>\n${entries.join('\n')}\n</dl>`;
}

/** `named`: codes that already have an anchor, since one code may have two statuses. */
function entry({ name, code, sentence }: Refusal, named: Set<string>): string {
  const id = named.has(code) ? '' : ` id="${code}"`;
  named.add(code);
  return `<div${id}><dt><a href="#${code}"><code>${code}</code></a></dt><dd>${withVariables(sentence)}${paramsOf(name)}</dd></div>`;
}

/** Every refusal with its parameters, by status. The `type` of a problem's body points here. */
export function problemsPage(): string {
  const all = refusals();
  const statuses = [...new Set(all.map(({ status }) => status))].toSorted((a, b) => a - b);
  const named = new Set<string>();
  const sections = statuses.map((status) => {
    const entries = all
      .filter((refusal) => refusal.status === status)
      .map((refusal) => entry(refusal, named));
    return `<h2>${status} <span class="quiet">${STATUS_CODES[status] ?? ''}</span></h2>\n<dl>\n${entries.join('\n')}\n</dl>`;
  });
  return page({
    title: 'Problems',
    path: '/docs/problems',
    body: `<main>\n${introduction}\n${sections.join('\n')}\n${faults()}\n</main>`,
  });
}
