import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp, type Person } from '../harness/people.js';
import { s3Installed, startS3, type S3 } from '../harness/s3.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Tunnel } from '../harness/tunnel.js';
import { codeOf, hashOf, originalOf, photosOf, Raw } from '../harness/tus.js';

/** Noise, so that it can be neither guessed nor compressed: 40 MB of PNG. */
async function noise(width = 4_200, height = 3_180) {
  const bytes = await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return { bytes, width, height };
}

/** Sends bytes with tus-js-client while connections are cut and api processes killed; returns the photo and the faults. */
async function sendThroughFaults(stack: Stack, person: Person, bytes: Buffer) {
  const tunnel = await Tunnel.open(stack.apis.map(({ url }) => url));
  const faults: string[] = [];
  const restarts: Promise<void>[] = [];
  const kill = (index: number) => () => {
    faults.push('kill -9');
    const api = stack.apis[index];
    if (api) restarts.push(api.kill().then(() => api.start()));
  };
  const cut = () => {
    faults.push('cut');
    tunnel.cut();
  };
  // Every fault once, after this many megabytes.
  const ahead: [number, () => void][] = [
    [4, cut],
    [8, kill(0)],
    [14, cut],
    [20, kill(1)],
    [26, cut],
    [32, kill(0)],
    [38, cut],
  ];
  const photoId = await new Promise<string>((resolve, reject) => {
    let answered = '';
    const upload = new Upload(bytes, {
      endpoint: `${tunnel.url}/v1/uploads`,
      headers: { Authorization: `Bearer ${person.session.accessToken}` },
      metadata: { altText: 'Noise', filename: 'IMG_0001.png' },
      // As long as two processes may take to restart on a busy machine.
      retryDelays: Array.from({ length: 200 }, () => 150),
      onAfterResponse: (_, response) => {
        answered = response.getHeader('Narwhal-Photo-Id') ?? answered;
      },
      onProgress: (sent) => {
        while (ahead[0] && sent >= ahead[0][0] * 1e6) ahead.shift()?.[1]();
      },
      onError: reject,
      onSuccess: () => resolve(answered),
    });
    tunnel.slow(25e6);
    upload.start();
  });
  await tunnel.close();
  await Promise.all(restarts);
  return { photoId, faults: faults.sort() };
}

function bringsPhotosThrough(started: () => Promise<Stack>, keys: (stack: Stack) => Promise<string[]>): void {
  let stack: Stack;
  let grace: Person;
  beforeAll(async () => {
    stack = await started();
    grace = await signUp(stack, 'grace');
  });
  afterAll(() => stack?.stop());

  test('40 MB through cut connections and killed processes, as one photo, byte for byte', async () => {
    const { bytes, width, height } = await noise();
    expect(bytes.length).toBeGreaterThan(40_000_000);
    const { photoId, faults } = await sendThroughFaults(stack, grace, bytes);
    expect(faults).toEqual(['cut', 'cut', 'cut', 'cut', 'kill -9', 'kill -9', 'kill -9']);
    const photo = await grace.settled({ id: photoId });
    expect(photo).toMatchObject({ state: 'ready', width, height, altText: 'Noise' });
    const rows = await photosOf(stack, grace);
    expect(rows.map(({ id }) => id)).toEqual([photoId]);
    expect(rows[0]?.sha256.equals(hashOf(bytes))).toBe(true);
    expect((await originalOf(grace, photoId)).equals(bytes)).toBe(true);
    // The interrupted and killed writers leave no object.
    const left = (await keys(stack)).filter((key) => !/\/(original|[a-z]+\d+\.(webp|jpg))$/.test(key));
    expect(left).toEqual([]);
  });

  test('an upload in more pieces than are taken ends with a clear refusal and leaves nothing', async () => {
    const upload = await Raw.begin(stack, grace, 5_000);
    const instance = (await (await fetch(`${stack.url}/v1/instance`)).json()) as {
      limits: { upload: { pieces: number } };
    };
    const { pieces: limit } = instance.limits.upload;
    await upload.patch(0, Buffer.from([0xff])).expect(204);
    // The state after this many requests of one byte each.
    const noted = `(SELECT jsonb_agg(jsonb_build_object('name', 'w' || n, 'sizes', '[]'::jsonb)) FROM generate_series(1, ${limit - 2}) n)`;
    await stack.database.query(`UPDATE uploads SET pieces = pieces || ${noted} WHERE length = 5000`);
    await upload.patch(1, Buffer.from([0xd8])).expect(204);
    const refused = await upload.patch(2, Buffer.from([0xff])).expect(422);
    expect(codeOf(refused)).toBe('too_many_pieces');
    expect(refused.body).toMatchObject({ params: { limit } });
    await upload.head().expect(404);
    expect(await stack.database.query('SELECT 1 FROM uploads WHERE length = 5000')).toEqual([]);
  });
}

describe('tus-js-client brings to the disk store', () => {
  bringsPhotosThrough(
    () => startStack({ api: 2 }),
    (stack) => Promise.resolve(filesOf(stack.objects)),
  );
});

describe.skipIf(!s3Installed)('tus-js-client brings to S3', () => {
  let s3: S3;
  afterAll(() => s3?.stop());
  bringsPhotosThrough(
    async () => {
      s3 = await startS3();
      return startStack({ api: 2, env: s3.env });
    },
    async () => [...(await s3.list()).keys()],
  );
});

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
