import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { limits } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connected } from './connected.js';
import { LiveStream } from './live-stream.js';

let server: Server;
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** Both ends of a connection. */
async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const accepted = once(server, 'connection');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [ours] = (await accepted) as [Socket];
  return { ours, theirs };
}

async function received(theirs: Socket): Promise<string> {
  let text = '';
  for await (const piece of theirs) text += String(piece);
  return text;
}

test('what was missed comes before what happens meanwhile, and positions only grow', async () => {
  const { ours, theirs } = await pair();
  const stream = new LiveStream(ours, '1', '2');
  stream.send('notification', '"new"', '30');
  stream.catchUp('notification', '"missed"', '20');
  stream.release();
  stream.send('notification', '"again"', '30');
  stream.send('feed', '{}');
  stream.end(5_000);
  expect(await received(theirs)).toBe(
    [
      'id: 20\nevent: notification\ndata: "missed"',
      'id: 30\nevent: notification\ndata: "new"',
      'event: notification\ndata: "again"',
      'event: feed\ndata: {}',
      'retry: 5000',
      '',
    ].join('\n\n'),
  );
});

test('a client that reads nothing is disconnected rather than remembered', async () => {
  const { ours, theirs } = await pair();
  theirs.pause();
  const stream = new LiveStream(ours, '1', '2');
  stream.release();
  for (let count = 0; count < 1_000 && !ours.destroyed; count += 1)
    stream.send('photo', 'x'.repeat(64 * 1024));
  expect(ours.destroyed).toBe(true);
  theirs.destroy();
});

test('each stream is served once in a heartbeat, and found by person and session until it leaves', () => {
  const connected = new Connected();
  const socket = {} as Socket;
  const streams = Array.from({ length: 3 }, (_, index) => new LiveStream(socket, '1', String(index)));
  for (const stream of streams) connected.add(stream);
  const served = Array.from({ length: limits.stream.heartbeat }, () => connected.next());
  expect(served.flat()).toEqual(streams);
  expect(connected.ofPerson('1')).toEqual(streams);
  expect(connected.ofSession('2')).toEqual([streams[2]]);
  for (const stream of streams) connected.remove(stream);
  expect([connected.size, connected.people(), connected.ofSession('2')]).toEqual([0, [], []]);
});
