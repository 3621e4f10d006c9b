import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take more than half a minute, the longest first: if one started last, it would run alone in the end. */
const LONG = [
  'bad-photos',
  'doctor',
  'model',
  'storage-verify',
  'media-nginx',
  'fleet-refusals',
  'visibility',
].concat([
  'killed-run',
  'upgrade',
  'package',
  'stream',
  'unread',
  'visits',
  'fleet',
  'health',
  'memory',
  'nginx-apis',
  'keys',
  'password-reset',
  'addresses',
  'stream-nginx',
  'notifications',
  'words',
  'redevelop',
]);

/** Then the files that start servers, then the others. A fresh clone has no times of earlier runs. */
function rank({ moduleId }: TestSpecification): number {
  const [, name] = /\/test\/([^/]+)\.test\.ts$/.exec(moduleId) ?? [];
  if (name === undefined) return LONG.length + 1;
  const place = LONG.indexOf(name);
  return place < 0 ? LONG.length : place;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
