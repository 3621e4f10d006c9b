import { createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/**
 * The exports' floor, in its own process: `node export-floor.ts LIST ZIP` puts the files that LIST names, as JSON, into a zip as they are,
 * and syncs it as the store does. It knows all of them beforehand, and asks no database.
 */
const [list = '', target = ''] = process.argv.slice(2);
const zip = new ZipFile();
for (const [index, path] of (JSON.parse(await readFile(list, 'utf8')) as string[]).entries())
  zip.addFile(path, `photos/2026-01-01-${index}.jpg`, { compress: false });
zip.end();
await pipeline(zip.outputStream, createWriteStream(target));
const handle = await open(target, 'r');
await handle.sync();
await handle.close();
