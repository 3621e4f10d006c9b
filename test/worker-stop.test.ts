import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ worker: 2 });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

test('a worker finishes although a post is commented on without a pause', async () => {
  const post = await ada.post([await ada.upload(await drawn())]);
  let going = true;
  let written = 0;
  const writing = (async () => {
    while (going) {
      await ada.comment(post, `comment ${written}`);
      written += 1;
    }
  })();
  while (written < 50) await new Promise((resolve) => setTimeout(resolve, 20));
  const [first, second] = stack.workers;
  // Either of them may fold this post's count.
  const ends = await Promise.all([first?.kill('SIGTERM'), second?.kill('SIGTERM')]);
  going = false;
  await writing;
  expect(ends).toEqual(['exit code 0', 'exit code 0']);
  await Promise.all([first?.start(), second?.start()]);
  await stack.quiet();
  expect((await ada.see(post)).counts.comments).toBe(written);
});
