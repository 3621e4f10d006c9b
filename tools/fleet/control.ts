import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, Refusal, say } from '../dev/say.ts';
import { isAlive } from '../dev/processes.ts';
import { endLeft, Ledger, readLedger } from '../dev/ledger.ts';

/** A request of another terminal to a running fleet. */
export interface Order {
  command: string;
  words: string[];
}

interface Facts {
  control: { port: number; secret: string };
}

const ledgerFile = (folder: string): string => join(folder, 'fleet.json');

/** <folder>/fleet.json. */
export const fleetLedger = (folder: string, control: Facts['control']): Ledger<Facts> =>
  new Ledger(
    ledgerFile(folder),
    { control },
    {
      refusal: ({ launcher }) =>
        new Refusal(
          `A fleet already runs on this data folder (process ${launcher.pid}); it goes on.\n` +
            '  npm run fleet -- status   shows it\n  npm run fleet -- stop     stops it\n' +
            'To run a second one beside it: NARWHAL_DATA=.narwhal-2 npm run fleet -- --net 78',
        ),
      async endLeft(children) {
        for (const child of children) await endLeft(child, [{ signal: 'SIGTERM', patience: 3_000 }]);
      },
    },
  );

interface Reply {
  ok: boolean;
  text: string;
}

function isRight(request: IncomingMessage, secret: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${secret}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Accepts orders on loopback, from users who can read the fleet's ledger. */
export async function takeOrders(
  secret: string,
  carryOut: (order: Order) => Promise<string>,
): Promise<{ port: number; server: Server }> {
  const answer = (response: ServerResponse, status: number, reply: Reply) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  const server = createServer((request, response) => {
    if (!isRight(request, secret)) {
      request.resume();
      answer(response, 403, { ok: false, text: 'expected the secret of fleet.json' });
      return;
    }
    text(request)
      .then((body) => carryOut(JSON.parse(body) as Order))
      .then(
        (done) => answer(response, 200, { ok: true, text: done }),
        (error: unknown) => answer(response, 200, { ok: false, text: describe(error) }),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

/** Sends an order to the fleet of a folder, and prints the result. Returns an exit code. */
export async function order(folder: string, { command, words }: Order): Promise<number> {
  const ledger = readLedger<Facts>(ledgerFile(folder));
  if (!ledger || !isAlive(ledger.launcher))
    throw new Refusal(`No fleet runs on ${folder}. Start it in another terminal: npm run fleet`);
  const { port, secret } = ledger.control;
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ command, words }),
  });
  const reply = (await response.json()) as Reply;
  if (!reply.ok) throw new Refusal(reply.text);
  say(reply.text);
  return 0;
}
