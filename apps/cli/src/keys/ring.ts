import { randomBytes } from 'node:crypto';

const DAY = 24 * 60 * 60 * 1_000;

/** Days that a key may wait until all processes verify by it; one that waited longer is replaced before it signs anything. */
const WAITS = 7;
/** Days after which nothing that a key signed is in use: cursors, and refresh tokens whose answer was lost. */
const OUTLIVES = 31;
/** Days until a secret is due. */
export const LASTS = 365;

/** The ids that this program gives say when the key was made: `261130a`, and `261130b` for a second one on that day. */
const made = /^(\d\d)(\d\d)(\d\d)[a-z]$/;

const idOf = (key = ''): string => key.split(':')[0] ?? '';
const madeAt = (key = ''): number => {
  const [, year, month, day] = made.exec(idOf(key)) ?? [];
  return day === undefined ? -Infinity : Date.UTC(2000 + Number(year), Number(month) - 1, Number(day));
};
/** An id that others gave is older than all of ours. */
const orderOf = (key = ''): string => (made.test(idOf(key)) ? idOf(key) : '');

/** A keyring as it is written: `id:secret,id:secret`. The first key signs, all of them verify. */
export class Ring {
  private readonly keys: readonly string[];

  constructor(text: string) {
    this.keys = text
      .trim()
      .split(',')
      .map((key) => key.trim());
  }

  get text(): string {
    return this.keys.join(',');
  }

  /** The id of the key that is to sign next, and does not yet. */
  get next(): string | null {
    const last = this.keys.at(-1);
    return orderOf(last) > orderOf(this.keys[0]) ? idOf(last) : null;
  }

  /** When the key that signs was made; null where its id does not say. */
  get since(): Date | null {
    const at = madeAt(this.keys[0]);
    return at === -Infinity ? null : new Date(at);
  }

  /** With a new key at its end, where none waits there. */
  appended(now = new Date()): Ring {
    const fresh = this.next !== null && madeAt(this.keys.at(-1)) > now.getTime() - WAITS * DAY;
    if (fresh) return this;
    const kept = this.next === null ? this.keys : this.keys.slice(0, -1);
    const day = now.toISOString().slice(2, 10).replaceAll('-', '');
    const taken = new Set(this.keys.map(idOf));
    const letter = [...'abcdefghijklmnopqrstuvwxyz'].find((each) => !taken.has(day + each));
    if (letter === undefined) throw new Error(`expected at most 26 new keys a day but ${day} has them`);
    return new Ring([...kept, `${day}${letter}:${randomBytes(32).toString('hex')}`].join(','));
  }

  /** With the key that waits in front, and without those whose successor has signed for so long that nothing of theirs is left. */
  moved(now = new Date()): Ring {
    if (this.next === null) return this;
    const keys = [this.keys.at(-1), ...this.keys.slice(0, -1)];
    const over = now.getTime() - (WAITS + OUTLIVES) * DAY;
    // An undated predecessor says nothing of when it began: then the key stays until a dated one succeeded it.
    return new Ring(keys.filter((_, place) => place < 1 || !isOver(madeAt(keys[place - 1]), over)).join(','));
  }
}

const isOver = (succeeded: number, over: number): boolean => succeeded !== -Infinity && succeeded < over;
