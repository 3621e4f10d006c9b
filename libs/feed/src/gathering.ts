import { setImmediate } from 'node:timers';

/**
 * Batches the reads of one turn of the event loop into a single one. Requests that arrive together want the same popular posts:
 * fifty pages of twenty posts are one command, and a post that two of them want is read once. Each answer is as fresh as
 * before, because the command is sent after the last request that it serves.
 */
export class Gathering<Key, Answer> {
  private open: { keys: Set<Key>; answer: Promise<Answer> } | null = null;

  constructor(private readonly ask: (keys: Key[]) => Promise<Answer>) {}

  of(keys: Iterable<Key>): Promise<Answer> {
    this.open ??= this.begin();
    const { keys: wanted, answer } = this.open;
    for (const key of keys) wanted.add(key);
    return answer;
  }

  private begin() {
    const keys = new Set<Key>();
    const answer = new Promise<void>((leave) => setImmediate(leave)).then(() => {
      this.open = null;
      return this.ask([...keys]);
    });
    return { keys, answer };
  }
}
