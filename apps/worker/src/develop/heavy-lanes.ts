/**
 * Limits concurrent heavy photos to one less than the children, so that other people's photos soon find a free child. A
 * single child takes everything.
 */
export class HeavyLanes {
  private taken = 0;
  private readonly most: number;

  constructor(children: number) {
    this.most = Math.max(1, children - 1);
  }

  /** A place for one heavy photo; null when all are taken. */
  reserve(): HeavyPlace | null {
    if (this.taken >= this.most) return null;
    this.taken += 1;
    let held = true;
    return {
      free: () => {
        if (held) this.taken -= 1;
        held = false;
      },
    };
  }
}

export interface HeavyPlace {
  free(): void;
}
