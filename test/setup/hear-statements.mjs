import { channel, subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

const STATEMENTS = 'narwhal.statement';

/** Writes every named statement of this process that was not heard before to a file, a line each. */
export function hearStatements(into) {
  // The specs of one process share what they load.
  if (channel(STATEMENTS).hasSubscribers) return;
  const heard = new Set();
  subscribe(STATEMENTS, (statement) => {
    const line = JSON.stringify(statement);
    if (heard.has(line)) return;
    heard.add(line);
    try {
      appendFileSync(into, `${line}\n`);
    } catch {
      // The run is over, and its folder is gone: nobody judges what is sent now.
    }
  });
}

// As `node --import .../hear-statements.mjs?into=FILE`.
const into = new URL(import.meta.url).searchParams.get('into');
if (into !== null) hearStatements(into);
