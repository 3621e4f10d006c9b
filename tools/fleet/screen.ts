/** A terminal's size in characters; undefined when unknown. */
export interface Size {
  columns?: number | undefined;
  rows?: number | undefined;
}

const KEPT = 8;

/**
 * As many lines as fit the terminal: cut at its edge, since a line that wraps would be two; the oldest events go first. The
 * last row stays free for the cursor.
 */
function fitted(
  table: readonly string[],
  events: readonly string[],
  { columns = 80, rows = 24 }: Size,
): string[] {
  const room = Math.max(2, rows - 1);
  const left = Math.max(0, room - table.length - 1);
  const hidden = table.length - (room - 1);
  const lines =
    table.length > room
      ? [...table.slice(0, room - 1), `... ${hidden} more lines: make the terminal higher`]
      : [...table, ...(left > 0 ? ['', ...events.slice(-left)] : [])];
  return lines.map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
}

/** The table, redrawn in place each second, with the last events below; without a terminal the events alone. */
export class Screen {
  private readonly events: string[] = [];
  private height = 0;
  private columns: number | undefined;
  private readonly live: boolean;
  private readonly out: (text: string) => void;
  private readonly size: () => Size;

  constructor(live: boolean, out: (text: string) => void, size: () => Size) {
    this.live = live;
    this.out = out;
    this.size = size;
  }

  event(line: string): void {
    const stamped = `${new Date().toISOString().slice(11, 19)}  ${line}`;
    this.events.push(stamped);
    if (this.events.length > KEPT) this.events.shift();
    if (!this.live || this.height === 0) this.out(`${stamped}\n`);
  }

  draw(text: string): void {
    if (!this.live) return;
    const size = this.size();
    const lines = fitted(text.split('\n'), this.events, size);
    this.out(`${this.back(size)}${lines.map((line) => `${line}\u001B[K`).join('\n')}\n\u001B[J`);
    this.height = lines.length;
    this.columns = size.columns;
  }

  /** Moves to where the table began. A terminal whose width changed has wrapped the table, so its position is unknown. */
  private back({ columns, rows = 24 }: Size): string {
    if (this.height === 0) return '\n';
    if (columns !== this.columns || this.height >= rows) return '\u001B[H\u001B[2J';
    return `\u001B[${this.height}A`;
  }

  /** Later output stands below the table. */
  leave(): void {
    this.height = 0;
  }
}
