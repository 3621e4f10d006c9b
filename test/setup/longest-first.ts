import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of more than half a minute, the longest first: begun last, one of them would be all that runs in the end. */
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
]);

/** Then what starts servers, then what needs none. A fresh clone knows no times of earlier runs to go by. */
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
