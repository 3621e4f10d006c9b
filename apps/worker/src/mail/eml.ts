/** What a page shows of a mail's file. Reads only what this worker writes. */
export interface Eml {
  to: string;
  subject: string;
  text: string;
}

const bytesOfQuoted = (text: string): Buffer =>
  Buffer.from(
    text
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

/** RFC 2047: `=?UTF-8?Q?...?=`. */
const decodeWords = (value: string): string =>
  value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, coding: string, text: string) =>
      (coding.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64')
        : bytesOfQuoted(text.replaceAll('_', ' '))
      ).toString('utf8'),
    );

function headersOf(text: string): Map<string, string> {
  const unfolded = text.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return new Map(
    unfolded.map((line) => [
      line.split(':', 1)[0]?.toLowerCase() ?? '',
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

function split(text: string): { headers: Map<string, string>; body: string } {
  const [head = '', ...rest] = text.split(/\r?\n\r?\n/);
  return { headers: headersOf(head), body: rest.join('\n\n') };
}

export function readEml(file: string): Eml {
  const { headers, body } = split(file);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1];
  const parts =
    boundary === undefined ? [] : body.split(`--${boundary}`).map((part) => split(part.trimStart()));
  const plain = parts.find((part) => part.headers.get('content-type')?.startsWith('text/plain'));
  const coding = plain?.headers.get('content-transfer-encoding');
  const text = plain?.body ?? '';
  return {
    to: decodeWords(headers.get('to') ?? ''),
    subject: decodeWords(headers.get('subject') ?? ''),
    text:
      coding === 'base64'
        ? Buffer.from(text, 'base64').toString('utf8')
        : coding === 'quoted-printable'
          ? bytesOfQuoted(text).toString('utf8')
          : text,
  };
}
