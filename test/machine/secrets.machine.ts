import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { measuresSizes } from '../harness/env.js';
import { drawn } from '../harness/pictures.js';
import { patient } from '../harness/pace.js';
import { userData } from './cloud.js';
import { encrypting } from './encrypting.js';
import { release, serverOf } from './installing.js';
import { upload, type Story } from './story.js';
import { turningKeys } from './turning.js';

const made = inject('made');

/** Another machine's life, beside that of boots.machine.ts: both wait for most of the time. */
describe.skipIf(made.reason ?? measuresSizes())('a machine with secrets', () => {
  const story = { made, measured: {}, guests: [] as Story['guests'] } as Story;

  beforeAll(async () => {
    story.file = join(made.folder, 'secrets.jpg');
    writeFileSync(story.file, (await drawn({ seed: 2 })).bytes);
    const settings = { ...release(story, 'second'), ROLE: 'all', URL: 'http://127.0.0.1' };
    const data = userData({ settings, local: ['RATE_LIMITS=off'] });
    story.alone = serverOf(story, { name: 'secrets', address: '10.0.1.20', userData: data });
    await story.alone.boot();
    story.shown = await upload(story.alone, story.file);
  }, patient(180_000));

  afterAll(async () => {
    await Promise.all(story.guests.map((guest) => guest.stop()));
    console.table(story.measured);
  });

  describe('turns its keys', () => turningKeys(story));
  describe('speaks TLS', () => encrypting(story));
});
