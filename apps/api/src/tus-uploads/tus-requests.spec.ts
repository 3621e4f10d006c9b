import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { ApiRequest } from '../http/call.js';
import { altTextOf, assertTus, bodyOf, checksumOf, lengthOf, metadataOf, offsetOf } from './tus-requests.js';

const sent = (headers: Record<string, string>) => ({ headers }) as unknown as ApiRequest;
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('another version of tus is told this one', () => {
  expect(() => assertTus(sent({ 'tus-resumable': '0.2.2' }))).toThrow(
    expect.objectContaining({ code: 'tus_version', headers: { 'tus-version': '1.0.0' } }) as Error,
  );
});

test.each([
  [{ 'upload-length': '-1' }, 'request_invalid'],
  [{ 'upload-length': '1e3' }, 'request_invalid'],
  [{ 'upload-length': '5', 'upload-defer-length': '1' }, 'request_invalid'],
  [{ 'upload-length': '0' }, 'unsupported_media_type'],
  [{ 'upload-length': '99999999999' }, 'photo_too_large'],
])('a length of %o is refused before the first byte', (headers, code) => {
  expect(() => lengthOf(sent(headers), 'photo')).toThrow(expect.objectContaining({ code }) as Error);
});

test('the description is read among other metadata, and written the same way', () => {
  const header = `filename ${base64('fog.jpg')}, altText ${base64('Wrapped in fög')}`;
  const altText = altTextOf(sent({ 'upload-metadata': header }));
  expect(altText).toBe('Wrapped in fög');
  expect(altTextOf(sent(metadataOf(altText)))).toBe(altText);
  expect(altTextOf(sent({}))).toBe('');
});

test.each(['altText a b', 'altText $$$$', `altText ${Buffer.from([0xff]).toString('base64')}`])(
  'the description in "%s" is refused as such',
  (header) => {
    expect(() => altTextOf(sent({ 'upload-metadata': header }))).toThrow(
      expect.objectContaining({ code: 'validation_failed' }) as Error,
    );
  },
);

test('an offset belongs to bytes of the tus type, and a checksum to a known algorithm', () => {
  const type = 'application/offset+octet-stream; charset=utf-8';
  expect(offsetOf(sent({ 'content-type': type, 'upload-offset': '7' }))).toBe(7);
  expect(() => offsetOf(sent({ 'content-type': 'image/jpeg', 'upload-offset': '7' }))).toThrow();
  expect(checksumOf(sent({ 'upload-checksum': `sha256 ${base64('x')}` }))?.expected).toEqual(
    Buffer.from('x'),
  );
  expect(() => checksumOf(sent({ 'upload-checksum': 'md5 x' }))).toThrow();
});

test('a body says when its sender is silent, ends with it, and fails when the connection breaks', async () => {
  const heard: (Buffer | null)[] = [];
  const silent = Promise.withResolvers<void>();
  const broken = Promise.withResolvers<unknown>();
  const server = createServer((raw: IncomingMessage) => {
    void (async () => {
      for await (const chunk of bodyOf({ raw } as ApiRequest)) {
        heard.push(chunk);
        if (chunk === null) silent.resolve();
      }
    })().catch(broken.resolve);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sender = request({ host: '127.0.0.1', port, method: 'PATCH', headers: { 'content-length': 9 } });
  sender.on('error', () => undefined); // It is destroyed below.
  sender.write('abc');
  await silent.promise;
  sender.destroy();
  expect(await broken.promise).toMatchObject({ code: 'body_incomplete' });
  expect(heard[0]).toEqual(Buffer.from('abc'));
  server.close();
});
