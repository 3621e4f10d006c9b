/**
 * How many heavy photos may be open at once: one less than there are children, so that the photos of others find a child
 * that is free soon. A single child takes everything.
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
