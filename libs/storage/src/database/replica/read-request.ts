import { AsyncLocalStorage } from 'node:async_hooks';

/** An answer of the replica: when it came, and for how many seconds the primary had then been silent. */
export interface ReplicaAnswer {
  at: number;
  silence: number;
}

/** A request that only reads: the replica may answer its statements while the primary is away. */
export class ReadRequest {
  static readonly current = new AsyncLocalStorage<ReadRequest>();
  private readonly since = performance.now();

  constructor(private readonly lastAnswer: () => ReplicaAnswer | undefined) {}

  run(work: () => void): void {
    ReadRequest.current.run(this, work);
  }

  /**
   * For how many seconds the primary had been silent when the replica answered; undefined if it has not since this request began. An
   * answer to another request counts, too: reads of several requests are gathered into one statement.
   */
  get staleFor(): number | undefined {
    const last = this.lastAnswer();
    return last && last.at >= this.since ? last.silence : undefined;
  }
}

/** Whether the caller serves a request that only reads. */
export const onlyReads = (): boolean => ReadRequest.current.getStore() !== undefined;

/** Whether the caller may have read from the replica: then it puts nothing into a cache. */
export const readsFromReplica = (): boolean => ReadRequest.current.getStore()?.staleFor !== undefined;
