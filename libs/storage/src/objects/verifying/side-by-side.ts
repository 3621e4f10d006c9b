/** An item of a folder, in a stream in folder order. */
interface Placed {
  folder: string;
}

/** Groups the neighbours of one folder. */
export async function* grouped<Item extends Placed>(
  items: AsyncIterable<Item>,
): AsyncGenerator<{ folder: string; items: Item[] }> {
  let group: { folder: string; items: Item[] } | null = null;
  for await (const item of items) {
    if (group && group.folder !== item.folder) {
      yield group;
      group = null;
    }
    group ??= { folder: item.folder, items: [] };
    group.items.push(item);
  }
  if (group) yield group;
}

type Heads<Streams extends Record<string, AsyncIterable<Placed>>> = {
  [Name in keyof Streams]?: Streams[Name] extends AsyncIterable<infer Item> ? Item : never;
};

/** Walks through streams of the same order at once: a folder at a time, with each stream's items of it. */
export async function* sideBySide<Streams extends Record<string, AsyncIterable<Placed>>>(
  streams: Streams,
): AsyncGenerator<{ folder: string; found: Heads<Streams> }> {
  const lanes = Object.entries(streams).map(([name, stream]) => ({
    name,
    iterator: stream[Symbol.asyncIterator](),
    head: null as Placed | null,
  }));
  const advance = async (lane: (typeof lanes)[number]) => {
    const next = await lane.iterator.next();
    lane.head = next.done ? null : next.value;
  };
  try {
    await Promise.all(lanes.map(advance));
    for (;;) {
      const folders = lanes.flatMap(({ head }) => head?.folder ?? []);
      if (folders.length === 0) return;
      const folder = folders.reduce((least, other) => (other < least ? other : least));
      const here = lanes.filter(({ head }) => head?.folder === folder);
      yield {
        folder,
        found: Object.fromEntries(here.map(({ name, head }) => [name, head])) as Heads<Streams>,
      };
      await Promise.all(here.map(advance));
    }
  } finally {
    for (const { iterator } of lanes) await iterator.return?.();
  }
}
