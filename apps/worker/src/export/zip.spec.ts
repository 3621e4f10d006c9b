import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { entriesOf } from '../../../../test/harness/zip.js';
import { Zip } from './zip.js';

const now = new Date();

/** `cpu`: the process's time, in microseconds. */
async function zipped(count: number): Promise<{ bytes: Buffer; cpu: number }> {
  const begun = process.cpuUsage();
  const zip = new Zip();
  const bytes = buffer(zip.stream);
  for (let nth = 0; nth < count; nth += 1)
    await zip.add(`photos/${nth}.jpg`, Readable.from([Buffer.from(`photo ${nth}`)]), now, 'stored');
  zip.end();
  const made = await bytes;
  const { user, system } = process.cpuUsage(begun);
  return { bytes: made, cpu: user + system };
}

test('every entry is in the directory, in order, and is what it was', async () => {
  const zip = new Zip();
  const bytes = buffer(zip.stream);
  const text = async function* () {
    yield await Promise.resolve('fog'.repeat(10_000));
  };
  await zip.addText('posts.json', text(), now);
  for (const name of ['a', 'b', 'c'])
    await zip.add(`${name}.jpg`, Readable.from([Buffer.from(name)]), now, 'stored');
  zip.end();
  const entries = entriesOf(await bytes);
  expect([...entries].map(([name, content]) => [name, content.length])).toEqual([
    ['posts.json', 30_000],
    ['a.jpg', 1],
    ['b.jpg', 1],
    ['c.jpg', 1],
  ]);
});

test('an empty zip is one', async () => {
  expect((await zipped(0)).bytes).toHaveLength(22);
});

test('ten times as many entries take some ten times as long, and not a hundred', async () => {
  await zipped(1_000);
  const [some, many] = [await zipped(4_000), await zipped(40_000)];
  expect(entriesOf(some.bytes).size).toBe(4_000);
  expect(many.cpu / some.cpu).toBeLessThan(25);
});
