import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** An error response of the API: its problem's status and code. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly status: number;
  readonly code: string;

  constructor(request: string, status: number, code: string, detail: string) {
    super(`${request}: ${status} ${code} ${detail}`);
    this.status = status;
    this.code = code;
  }
}

export interface Call {
  /** The idempotency key of a POST. */
  key?: string;
  wait?: boolean;
}

/** One person's use of the public API, with the standard fetch, as any client could do. */
export class Client {
  private readonly url: string;
  private readonly token: string | undefined;

  constructor(url: string, token?: string) {
    this.url = url;
    this.token = token;
  }

  withToken(token: string): Client {
    return new Client(this.url, token);
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  put<Answer>(path: string, body?: object): Promise<Answer> {
    return this.send('PUT', path, body);
  }

  patch<Answer>(path: string, body: object): Promise<Answer> {
    return this.send('PATCH', path, body);
  }

  post<Answer>(path: string, body: object | FormData, call: Call = {}): Promise<Answer> {
    return this.send('POST', path, body, call);
  }

  private async send<Answer>(
    method: string,
    path: string,
    body?: object | FormData,
    call: Call = {},
  ): Promise<Answer> {
    const headers = this.headers(body, call);
    const content = body instanceof FormData || body === undefined ? body : JSON.stringify(body);
    for (;;) {
      const response = await fetch(`${this.url}${path}`, { method, headers, body: content });
      if (response.ok) return (await response.json()) as Answer;
      if (response.status !== 429) throw await problemOf(`${method} ${path}`, response);
      await response.body?.cancel();
      await sleep(1_000 * Number(response.headers.get('Retry-After') ?? 1));
    }
  }

  private headers(body: unknown, { key, wait }: Call): Headers {
    const headers = new Headers();
    if (this.token) headers.set('Authorization', `Bearer ${this.token}`);
    if (body !== undefined && !(body instanceof FormData)) headers.set('Content-Type', 'application/json');
    if (key) headers.set('Idempotency-Key', createHash('sha256').update(key).digest('hex').slice(0, 32));
    if (wait) headers.set('Prefer', 'wait=5');
    return headers;
  }
}

async function problemOf(request: string, response: Response): Promise<ApiProblem> {
  const problem: unknown = await response.json().catch(() => ({}));
  const { code = '', detail = '' } = problem as { code?: string; detail?: string };
  return new ApiProblem(request, response.status, code, detail);
}
