import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshRedis } from '../../../../test/harness/redis.js';
import { createLogger } from '../logger.js';
import { JobSender } from './sender.js';

let jobs: JobSender;

beforeAll(async () => {
  jobs = new JobSender(await freshRedis(), createLogger('spec', 'silent'));
});
afterAll(() => jobs.close());

/** One connection sends jobs in order: when this one has arrived, all before it have. */
async function depthOf(queue: 'develop' | 'deliver', sent: number): Promise<void> {
  await expect.poll(async () => (await jobs.depths())[queue].depth).toBeGreaterThanOrEqual(sent);
  expect((await jobs.depths())[queue].depth).toBe(sent);
}

test('a fan-out that the sweeper finds while the job of its next page waits has that one job', async () => {
  jobs.nextPage('7', '500');
  for (let sweeps = 0; sweeps < 3; sweeps += 1)
    jobs.enqueue({ id: '7', kind: 'post.deliver', subject_id: '1', progress: '500' });
  jobs.enqueue({ id: '8', kind: 'post.deliver', subject_id: '1', progress: null });
  await depthOf('deliver', 2);
  expect(await jobs.depthOf('deliver', 'effect', 'notify')).toBe(2);
});

test('a photo that is sent again and again has one job', async () => {
  for (let times = 0; times < 3; times += 1) jobs.send('develop', { photoId: '5' });
  jobs.send('develop', { photoId: '6' });
  await depthOf('develop', 2);
});
