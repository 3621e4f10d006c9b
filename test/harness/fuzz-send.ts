import { Agent, request, type IncomingMessage } from 'node:http';
import { conformsTo, type Answer } from './conforms.js';
import type { FuzzRequest } from './fuzz-requests.js';
import { patient } from './pace.js';

const PATIENCE = patient(5_000);
const agent = new Agent({ keepAlive: true });

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const type = String(response.headers['content-type']);
  return type.includes('json') && chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
}

/** Sends it on a connection of a pool, and reads the whole answer; of a stream, its head. */
function answerTo(origin: string, sent: FuzzRequest, again = true): Promise<Answer> {
  return new Promise<Answer>((settle, fail) => {
    const outgoing = request(`${origin}/`, { agent, method: sent.method, path: sent.path });
    const late = setTimeout(() => outgoing.destroy(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE);
    for (const [name, values] of Map.groupBy(sent.headers, ([header]) => header))
      outgoing.setHeader(
        name,
        values.length === 1 ? (values[0]?.[1] ?? '') : values.map(([, value]) => value),
      );
    // Node frames the bodies of methods that usually have none only when told.
    if (sent.body) outgoing.setHeader('content-length', sent.body.length);
    outgoing.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false;
      const reading = isStream ? Promise.resolve({}) : bodyOf(response);
      void reading
        .then((body) => settle({ status, headers, body }), fail)
        .finally(() => (clearTimeout(late), isStream && outgoing.destroy()));
    });
    outgoing.on('error', (error: Error & { code?: string }) => {
      clearTimeout(late);
      // The server may close an idle connection just when it is used again.
      if (again && outgoing.reusedSocket && error.code === 'ECONNRESET')
        settle(answerTo(origin, sent, false));
      else fail(error);
    });
    outgoing.end(sent.body);
  });
}

/** Refusals that do not depend on the operation: of a body where none is read, of headers that are too long. */
const GENERAL: Record<number, string> = {
  413: 'body_too_large',
  415: 'unsupported_media_type',
  417: 'expectation_failed',
  431: 'headers_too_large',
};

/** The status of the answer to a request, and what is wrong with it. */
export async function judge(origin: string, sent: FuzzRequest): Promise<{ status: number; fault?: string }> {
  try {
    const answer = await answerTo(origin, sent);
    const { status, body } = answer;
    const { code } = body as { code?: string };
    if (status >= 500 && status !== 501 && code !== 'busy') return { status, fault: `${status} ${code}` };
    const general = GENERAL[status];
    const isGeneral = general !== undefined && (code === general || sent.method === 'HEAD');
    if (!isGeneral) conformsTo(sent.operation, sent.method, answer);
    return { status };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    // Headers that are too long end the request before its method is known, so this answer to HEAD has a body.
    return sent.method === 'HEAD' && fault.startsWith('Parse Error: Data after')
      ? { status: 431 }
      : { status: 0, fault };
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A request as a command of a shell. */
export function asCurl(origin: string, { method, path, headers, body }: FuzzRequest): string {
  const verb = method === 'HEAD' ? '-I' : `-X ${method}`;
  const lines = headers.map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`).join('');
  const command = `curl -i --path-as-is -g ${verb}${lines}`;
  const url = quoted(origin + path);
  if (!body) return `${command} ${url}`;
  const isPlain = /^[\x20-\x7e]*$/.test(body.toString('latin1'));
  if (isPlain) return `${command} --data-binary ${quoted(body.toString())} ${url}`;
  return `echo ${body.toString('base64')} | base64 -d | ${command} --data-binary @- ${url}`;
}
