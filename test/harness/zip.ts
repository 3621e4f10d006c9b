import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, inflateRawSync } from 'node:zlib';
import { ZipFile } from 'yazl';

/** A zip of these files; objects are written as JSON. */
export function zipOf(files: Record<string, Buffer | object>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)), name);
  zip.end();
  return buffer(zip.outputStream as Readable);
}

/** The files of a zip below 4 GB by their path, read as its directory at the end says, and compared with its checksums. */
export function entriesOf(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  if (end < 0) throw new Error('expected a zip with a directory at its end');
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      zip.readUInt16LE(at + field),
    );
    const path = zip.toString('utf8', at + 46, at + 46 + Number(nameLength));
    files.set(path, contentOf(zip, at));
    at += 46 + Number(nameLength) + Number(extraLength) + Number(commentLength);
  }
  return files;
}

function contentOf(zip: Buffer, at: number): Buffer {
  const [packed, size] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
  const local = zip.readUInt32LE(at + 42);
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const bytes = zip.subarray(from, from + packed);
  const content = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes;
  if (content.length !== size || crc32(content) !== zip.readUInt32LE(at + 16))
    throw new Error(`expected ${size} bytes with the checksum of the directory`);
  return content;
}
