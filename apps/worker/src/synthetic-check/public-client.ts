import { reasonOf } from '@app/platform';

/** The time limit for one response, in milliseconds. */
const PATIENCE = 10_000;

/** Why an operation failed, without secrets: the call and its outcome. */
export class NotServed extends Error {
  override name = 'NotServed';
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** JSON, or a form with a file. */
  body?: object | FormData;
}

/** An ordinary client: uses the public address, through everything in front of it. */
export class PublicClient {
  /** Set after signing in. */
  token: string | undefined;

  constructor(private readonly site: string) {}

  /** @throws NotServed for anything but 2xx */
  async ask<Answer>({ method, path, body }: Call): Promise<Answer> {
    const form = body instanceof FormData;
    const response = await this.fetch(`${this.site}${path}`, `${method} ${path.replace(/\d{9,}/, '<id>')}`, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** Loads a signed address, whose signature is not reported. @throws NotServed */
  async bytes(url: string): Promise<number> {
    const response = await this.fetch(url, `GET ${new URL(url).host}/media/...`, {});
    return (await response.arrayBuffer()).byteLength;
  }

  private async fetch(url: string, call: string, options: RequestInit): Promise<Response> {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(
      (error: unknown) => {
        throw new NotServed(`${call}: ${reasonOf((error as Error).cause ?? error)}`);
      },
    );
    if (response.ok) return response;
    await response.body?.cancel();
    throw new NotServed(`${call} answered ${response.status}`);
  }
}
