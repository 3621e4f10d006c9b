import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { FleetStack } from '../servers/fleet-stack.js';

/** Between two writes by the applications' way, and by a node itself, in milliseconds. */
const PAUSES = { pool: 50, node: 300 };
/** Without an answer for this long, the connection is dropped: a cancelled wait for the replica would be confirmed by a warning. */
const PATIENCE = 2_000;

/** Writes row after row by one address, and remembers which were confirmed: not one of them may be missing in the end. */
class Writer {
  readonly confirmed: number[] = [];
  /** When the last one was confirmed, and the longest time between two since `reset`, in milliseconds. */
  private last = performance.now();
  private longest = 0;
  private client: pg.Client | undefined;

  constructor(
    readonly name: string,
    private readonly url: string,
    readonly pause: number,
  ) {}

  private async connected(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => this.drop(client));
    await client.connect();
    return (this.client = client);
  }

  private drop(client: pg.Client): void {
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    if (this.client === client) this.client = undefined;
  }

  async write(number: number): Promise<void> {
    const client = await this.connected().catch(() => undefined);
    if (!client) return;
    const late = setTimeout(() => this.drop(client), PATIENCE);
    try {
      await client.query('INSERT INTO witness VALUES ($1, $2)', [number, this.name]);
      this.confirmed.push(number);
      this.longest = this.gap;
      this.last = performance.now();
    } catch (error) {
      // A replica refuses, and may lead the next time.
      if (!(error instanceof pg.DatabaseError)) this.drop(client);
    } finally {
      clearTimeout(late);
    }
  }

  /** The longest time without a confirmed write so far. */
  get gap(): number {
    return Math.max(this.longest, performance.now() - this.last);
  }

  reset(): void {
    this.longest = 0;
    this.last = performance.now();
  }

  end(): void {
    if (this.client) this.drop(this.client);
  }
}

/**
 * Writes by the way of the applications, and to each node by itself, past everything that knows who leads: a second primary
 * that confirms a write is found, since that write is gone once it has rejoined.
 */
export class Witness {
  private readonly writers: Writer[];
  private over = false;
  private written = 0;
  private done: Promise<unknown> = Promise.resolve();

  private constructor(private readonly stack: FleetStack) {
    this.writers = [
      new Writer('pool', stack.poolUrl, PAUSES.pool),
      ...stack.nodeUrls.map((url, index) => new Writer(`postgres-${index + 1}`, url, PAUSES.node)),
    ];
  }

  static async start(stack: FleetStack): Promise<Witness> {
    await stack.query('CREATE TABLE witness (number bigint PRIMARY KEY, writer text NOT NULL)');
    const witness = new Witness(stack);
    witness.done = Promise.all(witness.writers.map((writer) => witness.run(writer)));
    return witness;
  }

  private async run(writer: Writer): Promise<void> {
    for (; !this.over; await sleep(writer.pause)) await writer.write((this.written += 1));
    writer.end();
  }

  /** Begins to measure anew. */
  reset(): void {
    this.writers[0]?.reset();
  }

  /** The longest time, in seconds, in which the applications' way confirmed nothing. */
  get gap(): number {
    return (this.writers[0]?.gap ?? 0) / 1_000;
  }

  /** The confirmed writes that are not there. */
  async lost(): Promise<string[]> {
    const confirmed = this.writers.flatMap(({ name, confirmed: numbers }) =>
      numbers.map((each) => ({ each, name })),
    );
    const rows = await this.stack.query<{ number: string }>('SELECT number FROM witness');
    const there = new Set(rows.map(({ number }) => Number(number)));
    return confirmed.filter(({ each }) => !there.has(each)).map(({ each, name }) => `${each} by ${name}`);
  }

  get confirmed(): number {
    return this.writers.reduce((sum, { confirmed }) => sum + confirmed.length, 0);
  }

  async end(): Promise<void> {
    this.over = true;
    await this.done;
  }
}
