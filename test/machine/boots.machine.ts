import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { measuresSizes } from '../harness/env.js';
import { drawn } from '../harness/pictures.js';
import { backingUp } from './backing-up.js';
import { enduring } from './enduring.js';
import { guarding, installing, purging } from './installing.js';
import { parting } from './parting.js';
import { refusingPackages } from './refusing-packages.js';
import { refusing } from './refusing.js';
import { changingReleases } from './releases.js';
import type { Story } from './story.js';

const made = inject('made');

/** One machine's life, in order: each chapter begins with the state that the last one left. */
describe.skipIf(made.reason ?? measuresSizes())('a bare machine', () => {
  const story = { made, measured: {}, guests: [] as Story['guests'] } as Story;

  beforeAll(async () => {
    story.file = join(made.folder, 'photo.jpg');
    writeFileSync(story.file, (await drawn({ seed: 1 })).bytes);
    story.measured['debootstrap and two packages'] = `${made.seconds} s`;
  });

  afterAll(async () => {
    await Promise.all(story.guests.map((guest) => guest.stop()));
    console.table(story.measured);
  });

  describe('installed', () => installing(story));
  describe('guarded', () => guarding(story));
  describe('mends itself', () => enduring(story));
  describe('says what is in the way', () => refusing(story));
  describe('refuses packages', () => refusingPackages(story));
  describe('goes from release to release', () => changingReleases(story));
  describe('is backed up', () => backingUp(story));
  describe('is divided', () => parting(story));
  describe('ends', () => purging(story));
});
