interface Waiting<Wish, Outcome> {
  name: string;
  wish: Wish;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** A statement's own error, or a deadlock: its wishes may succeed one by one. Not a lost connection. */
const OWN_FAULT = /^(22|23|40)/;

/** Some 20 ms of PostgreSQL, for which the next transaction waits. */
const MOST = 500;
/** While one transaction waits for PostgreSQL, the other's responses are sent. */
const AT_ONCE = 2;

export interface GroupLimits<Wish> {
  /** Two wishes of one name never run at once, and run in the order of arrival. */
  nameOf: (wish: Wish) => string;
  /** Wishes per transaction. */
  most?: number;
  /** Concurrent transactions. */
  atOnce?: number;
}

/**
 * Group commit: wishes that arrive while transactions run are carried out together by the next one. Under load they share
 * the round trips and the commit; a lone wish waits for nobody. Each has its own outcome; when a transaction of many
 * fails because of its content, each is retried by itself, so that one failure does not affect the others.
 */
export class GroupCommit<Wish, Outcome> {
  private waiting: Waiting<Wish, Outcome>[] = [];
  /** The names in each running transaction. */
  private readonly running = new Set<ReadonlySet<string>>();
  /** Requests that arrive in one turn of the event loop go together. */
  private soon: NodeJS.Immediate | undefined;

  private readonly limits: Required<GroupLimits<Wish>>;

  constructor(
    private readonly carryOut: (wishes: Wish[]) => Promise<Outcome[]>,
    { nameOf, most = MOST, atOnce = AT_ONCE }: GroupLimits<Wish>,
  ) {
    this.limits = { nameOf, most, atOnce };
  }

  /** Resolves once the wish is committed. @throws whatever `carryOut` throws */
  add(wish: Wish): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ name: this.limits.nameOf(wish), wish, resolve, reject });
      this.soon ??= setImmediate(() => this.begin());
    });
  }

  private begin(): void {
    this.soon = undefined;
    if (this.waiting.length === 0 || this.running.size >= this.limits.atOnce) return;
    const batch = this.take();
    if (batch.size === 0) return;
    const names = new Set(batch.keys());
    this.running.add(names);
    void this.settle([...batch.values()]).finally(() => {
      this.running.delete(names);
      this.begin();
    });
  }

  /** Takes the first wish of each name. */
  private take(): Map<string, Waiting<Wish, Outcome>> {
    const taken = new Map<string, Waiting<Wish, Outcome>>();
    const left: Waiting<Wish, Outcome>[] = [];
    for (const one of this.waiting) {
      const isFree = taken.size < this.limits.most && !taken.has(one.name) && !this.isRunning(one.name);
      if (isFree) taken.set(one.name, one);
      else left.push(one);
    }
    this.waiting = left;
    return taken;
  }

  private isRunning(name: string): boolean {
    for (const names of this.running) if (names.has(name)) return true;
    return false;
  }

  private async settle(batch: readonly Waiting<Wish, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.carryOut(batch.map(({ wish }) => wish));
      batch.forEach(({ resolve }, index) => resolve(outcomes[index] as Outcome));
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      if (OWN_FAULT.test(code) && batch.length > 1) for (const one of batch) await this.settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
