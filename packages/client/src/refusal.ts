import type { components } from './contract.ts';

export type Problem = components['schemas']['Problem'];

/** The server refused a request. Programs look at `code`, which never changes its meaning; `message` is English for developers. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly params: Record<string, unknown>;

  constructor(status: number, problem: unknown) {
    const { code, params, detail } = (
      typeof problem === 'object' && problem !== null ? problem : {}
    ) as Partial<Problem>;
    // A proxy may answer in words of its own, and an answer to HEAD has none.
    super(detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = code ?? `http_${status}`;
    this.params = params ?? {};
  }
}

/** @returns the refusal in this answer, which stays readable. */
export async function refusalIn(response: Response): Promise<Refusal> {
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return new Refusal(response.status, problem);
}

/** The data of an answer of `narwhal.api`. @throws Refusal */
export async function dataOf<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new Refusal(response.status, error);
  return data as Data;
}
