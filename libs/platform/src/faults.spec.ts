import { expect, test } from 'vitest';
import { folderFault } from './faults.js';

test('a folder that cannot be written is told with whom it is to be given to, which is not the same in a clone', () => {
  const text = (installed: boolean) => folderFault('EACCES', '/photos', 'STORAGE_DIR', installed).text;
  expect(text(true)).toContain('the user narwhal (sudo chown -R narwhal:narwhal /photos)');
  expect(text(false)).toContain('the user who runs Narwhal (sudo chown -R "$USER" /photos)');
  expect(text(false)).not.toContain('chown -R narwhal');
});
