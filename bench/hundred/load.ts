import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../measuring.ts';

/** One client's requests: reads of a post, and one comment on it in ten. */
interface Target {
  balancers: readonly string[];
  ca: Buffer;
  headers: Record<string, string>;
  post: string;
}

/** Requests at a steady rate, whether or not earlier ones were answered. */
export class Load {
  private readonly times: number[] = [];
  private readonly faults: string[] = [];
  private readonly under: Promise<void>[] = [];
  private readonly agent: Agent;
  private readonly target: Target;
  private going = true;
  private readonly done: Promise<void>;

  constructor(target: Target, perSecond: number) {
    this.target = target;
    this.agent = new Agent({ keepAlive: true, ca: target.ca, servername: 'narwhal.test', maxSockets: 64 });
    this.done = this.run(1_000 / perSecond);
  }

  private async run(every: number): Promise<void> {
    const begun = performance.now();
    for (let count = 0; this.going; count += 1) {
      this.under.push(this.send(count));
      await sleep(Math.max(0, begun + count * every - performance.now()));
    }
  }

  private send(count: number): Promise<void> {
    const { balancers, post, headers } = this.target;
    const writes = count % 10 === 0;
    const body = writes ? JSON.stringify({ text: `comment ${count}` }) : undefined;
    const begun = performance.now();
    return new Promise((settle) => {
      const fail = (why: string) => {
        this.faults.push(why);
        settle();
      };
      const sent = request(
        `https://${balancers[count % balancers.length]}:8443/v1/posts/${post}${writes ? '/comments' : ''}`,
        {
          agent: this.agent,
          method: writes ? 'POST' : 'GET',
          headers: { ...headers, ...(writes ? { 'content-type': 'application/json' } : {}) },
        },
        (response) => {
          let said = '';
          response.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, 500)));
          response.on('error', ({ message }) => fail(message));
          response.on('end', () => {
            this.times.push(performance.now() - begun);
            if ((response.statusCode ?? 500) < 300) settle();
            else fail(`${writes ? 'POST' : 'GET'}: ${response.statusCode} ${said}`);
          });
        },
      );
      sent.on('error', ({ message }) => fail(message));
      sent.end(body);
    });
  }

  async finish(): Promise<{ sent: number; faults: string[]; p50: number; p99: number }> {
    this.going = false;
    await this.done;
    await Promise.all(this.under);
    this.agent.destroy();
    const { times, faults } = this;
    return { sent: this.under.length, faults, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  }
}
