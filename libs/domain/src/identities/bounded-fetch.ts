/** Far more than any provider says of itself, or than its keys take. */
const MOST_BYTES = 256 * 1024;

/** A provider that is away, too slow, or answers what it should not: our caller is not at fault. */
export class ProviderFault extends Error {
  override name = 'ProviderFault';
}

/**
 * Fetches without following redirects, and reads no more than 256 kB.
 *
 * @throws ProviderFault when there is no answer, or a longer one
 */
export async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  try {
    const answer = await fetch(url, { ...options, redirect: 'manual' });
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body ?? []) {
      bytes += part.length;
      if (bytes > MOST_BYTES) throw new Error(`expected ${MOST_BYTES} bytes at most but received more`);
      parts.push(part);
    }
    const isEmpty = answer.status === 204 || answer.status === 304;
    const { status, headers } = answer;
    return new Response(isEmpty ? null : Buffer.concat(parts), { status, headers });
  } catch (error) {
    throw new ProviderFault(`expected an answer of ${new URL(url).origin}`, { cause: error });
  }
}
