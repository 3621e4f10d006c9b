import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asked, ready } from '../harness/exports.js';
import { IMPORT, uploadIdOf } from '../harness/imports.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { s3Installed, startS3, type S3 } from '../harness/s3.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Raw } from '../harness/tus.js';

interface Import {
  id: string;
  state: string;
  report: { posts: number; photos: number; leftOut: object[] };
}

const POSTS = 6;

describe.skipIf(!s3Installed)('exports and imports on S3 (radosgw)', () => {
  let s3: S3;
  let stack: Stack;
  let ada: Person;
  let grace: Person;
  beforeAll(async () => {
    s3 = await startS3();
    stack = await startStack({ env: s3.env });
    [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  });
  afterAll(async () => {
    await stack?.stop();
    await s3?.stop();
  });

  const shown = async ({ id }: { id: string }) =>
    (await grace.request('get', `/v1/me/imports/${id}`).expect(200)).body as Import;
  async function until(given: { id: string }, is: (now: Import) => boolean): Promise<Import> {
    for (const end = Date.now() + patient(60_000); Date.now() < end; await sleep(50)) {
      const now = await shown(given);
      if (is(now)) return now;
    }
    throw new Error(`expected another state of the import: ${JSON.stringify(await shown(given))}`);
  }

  test(
    'an export is imported, though its worker is killed over it, and nothing is doubled',
    { timeout: patient(120_000) },
    async () => {
      for (let nth = 0; nth < POSTS; nth += 1)
        await ada.post([await ada.upload(await drawn({ seed: 300 + nth }))], { caption: `Fog ${nth}` });
      const { url } = await ready(ada, await asked(ada));
      const { pathname, search } = new URL(url);
      const zip = Buffer.from(await (await fetch(`${stack.url}${pathname}${search}`)).arrayBuffer());

      const upload = await Raw.begin(stack, grace, zip.length, IMPORT);
      const half = Math.floor(zip.length / 2);
      await upload.patch(0, zip.subarray(0, half)).expect(204);
      await upload.patch(half, zip.subarray(half)).expect(204);
      const uploadId = uploadIdOf(upload);
      const begun = (await grace.request('post', '/v1/me/imports', { uploadId }).expect(202)).body as Import;
      await until(begun, ({ report }) => report.posts > 0);
      await stack.worker.kill();
      await stack.worker.start();
      expect(await until(begun, ({ state }) => state === 'ready')).toMatchObject({
        report: { posts: POSTS, photos: POSTS, leftOut: [] },
      });
      await stack.quiet();
      const [row] = await stack.database.query(
        `SELECT (SELECT count(*)::int FROM posts WHERE author_id = $1) AS posts, count(*)::int AS photos,
         sum(bytes)::int AS bytes FROM photos WHERE owner_id = $1`,
        [grace.id],
      );
      const [original] = await stack.database.query<{ bytes: number }>(
        'SELECT sum(bytes)::int AS bytes FROM photos WHERE owner_id = $1',
        [ada.id],
      );
      expect(row).toEqual({ posts: POSTS, photos: POSTS, bytes: original?.bytes });
    },
  );
});
