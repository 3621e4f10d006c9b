import { randomBytes } from 'node:crypto';
import { keyMark } from '@app/platform';

const DAY = 24 * 60 * 60 * 1_000;

/** Days that a key may wait to sign; where it waited longer, another is appended behind it, since a key's age counts from when it was made. */
const WAITS = 7;
/**
 * Days after which nothing is in use that was signed before a key that is so old: it signs somewhere within 7 days, everywhere
 * once its file is on all machines (another 7, says docs/install-ubuntu.md; 23 more are for who is late), and what an old key
 * signed last is good for 31 more (cursors, and refresh tokens whose answer was lost).
 */
const OUTLIVES = WAITS + 7 + 23 + 31;
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

  /** The key that is to sign next as a heartbeat says it. */
  get nextMark(): string | null {
    const [id = '', secret = ''] = this.next === null ? [] : (this.keys.at(-1) ?? '').split(':');
    return id === '' ? null : keyMark({ id, secret });
  }

  /** Whether the key that is to sign next is young enough for that. */
  isFresh(now = new Date()): boolean {
    return this.next !== null && madeAt(this.keys.at(-1)) > now.getTime() - WAITS * DAY;
  }

  /** When the key that signs was made; null where its id does not say. */
  get since(): Date | null {
    const at = madeAt(this.keys[0]);
    return at === -Infinity ? null : new Date(at);
  }

  /** With a new key at its end, where none waits there. One that waited too long stays: elsewhere it may sign already. */
  appended(now = new Date()): Ring {
    if (this.isFresh(now)) return this;
    const day = now.toISOString().slice(2, 10).replaceAll('-', '');
    const taken = new Set(this.keys.map(idOf));
    const letter = [...'abcdefghijklmnopqrstuvwxyz'].find((each) => !taken.has(day + each));
    if (letter === undefined) throw new Error(`expected at most 26 new keys a day but ${day} has them`);
    return new Ring([...this.keys, `${day}${letter}:${randomBytes(32).toString('hex')}`].join(','));
  }

  /** With the key that waits in front, and without those of which nothing is left. */
  moved(now = new Date()): Ring {
    if (this.next === null) return this;
    const keys = [this.keys.at(-1), ...this.keys.slice(0, -1)];
    const over = now.getTime() - OUTLIVES * DAY;
    // A newer key that stands before an older one has signed in its place. A key without a date does not say since when.
    const isLeft = (key: string | undefined, place: number) =>
      !keys.slice(0, place).some((other) => orderOf(other) > orderOf(key) && madeAt(other) < over);
    return new Ring(keys.filter(isLeft).join(','));
  }
}
