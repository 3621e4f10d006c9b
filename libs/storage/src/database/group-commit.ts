interface Waiting<Wish, Outcome> {
  name: string;
  wish: Wish;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** What a statement itself is refused for, or a deadlock: its like may go better without the others. Not: nobody answers. */
const OWN_FAULT = /^(22|23|40)/;

export interface GroupLimits<Wish> {
  /** Two wishes of one name are never under way at once, and are carried out in the order in which they came. */
  nameOf: (wish: Wish) => string;
  /** Wishes a transaction. */
  most: number;
  /** Transactions at once. */
  atOnce: number;
}

/**
 * Group commit: what is wished for while transactions are under way is carried out together by the next, so that under
 * load the round trips and the commit are shared, and alone a wish waits for nobody. Each has its own outcome; when a
 * transaction of many fails for what was in it, each is tried by itself, so that one spoils nothing for the others.
 */
export class GroupCommit<Wish, Outcome> {
  private waiting: Waiting<Wish, Outcome>[] = [];
  /** The names in each transaction that is under way. */
  private readonly running = new Set<ReadonlySet<string>>();
  /** Requests that arrived in one turn of the loop go together. */
  private soon: NodeJS.Immediate | undefined;

  constructor(
    private readonly carryOut: (wishes: Wish[]) => Promise<Outcome[]>,
    private readonly limits: GroupLimits<Wish>,
  ) {}

  /** Resolves once it is committed. @throws whatever `carryOut` throws */
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

  /** Takes the first of each name. */
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
