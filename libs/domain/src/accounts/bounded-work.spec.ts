import { expect, test } from 'vitest';
import { BoundedWork } from './bounded-work.js';

/** Work of these names, asked for in this order while one is running; `!` before a name asks for a first turn. */
async function played(names: string[]): Promise<{ done: string[]; refused: string[] }> {
  const work = new BoundedWork({ atOnce: 1, queue: 3 });
  const done: string[] = [];
  const refused: string[] = [];
  let end = (): void => undefined;
  const running = work.run(() => new Promise<void>((resolve) => (end = resolve)));
  const asked = names.map((name) =>
    work
      .run(async () => void done.push(name), name.startsWith('!'))
      .catch((error: { code: string }) => {
        expect(error.code).toBe('busy');
        refused.push(name);
      }),
  );
  end();
  await Promise.all([running, ...asked]);
  return { done, refused };
}

test('turns are taken in the order of asking, and more than the queue holds are told that it is busy', async () => {
  expect(await played(['a', 'b', 'c', 'd'])).toEqual({ done: ['a', 'b', 'c'], refused: ['d'] });
});

test('who is first is taken before the others, in the order of asking among themselves', async () => {
  expect(await played(['a', '!x', '!y'])).toEqual({ done: ['!x', '!y', 'a'], refused: [] });
});

test('in a full queue the newest of the others gives way, and nobody who is first does', async () => {
  const asked = ['a', 'b', 'c', '!x', '!y', '!z', '!last', 'd'];
  expect(await played(asked)).toEqual({ done: ['!x', '!y', '!z'], refused: ['!last', 'd', 'c', 'b', 'a'] });
});

test('who failed gives its turn on', async () => {
  const work = new BoundedWork({ atOnce: 1, queue: 1 });
  const failing = work.run(() => Promise.reject(new Error('no')));
  const next = work.run(() => Promise.resolve('next'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});
