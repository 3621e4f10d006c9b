/** Runs work under one name sequentially. */
export class Turns {
  private readonly tails = new Map<string, Promise<unknown>>();

  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.tails.set(name, mine);
    return mine;
  }
}
