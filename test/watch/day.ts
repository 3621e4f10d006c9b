import type { Stack } from '../harness/stack.js';

/** Samples of a day, five minutes apart. */
export const DAY = 288;

/** When a sample is drawn: the last one now. */
export const timeOf = (index: number, count: number): Date =>
  new Date((Math.floor(Date.now() / 300_000) - (count - 1 - index)) * 300_000);

/** From morning to midnight people come and go, most of them at noon and in the evening; up to 1. */
function shareOf(time: Date): number {
  const hour = time.getHours() + time.getMinutes() / 60;
  const peak = (at: number, width: number) => {
    const apart = Math.min(Math.abs(hour - at), 24 - Math.abs(hour - at));
    return Math.exp(-((apart / width) ** 2));
  };
  return 0.04 + 0.2 * peak(15, 6) + 0.4 * peak(12.5, 1.7) + 0.7 * peak(20.5, 2.5);
}

/** A day in minutes, for the pictures of docs/watching.md: how busy people are, and a worker that is away from 13:00 to 13:40. */
export class Day {
  share = 1;
  #isAway = false;

  constructor(private readonly stack: Stack) {}

  /** To the time that a sample is drawn at. */
  async turnTo(index: number): Promise<void> {
    const time = timeOf(index, DAY);
    this.share = Math.min(1, shareOf(time));
    const isAway = time.getHours() === 13 && time.getMinutes() < 40;
    if (isAway && !this.#isAway) await this.stack.worker.kill();
    if (!isAway && this.#isAway) await this.stack.start();
    this.#isAway = isAway;
  }
}
