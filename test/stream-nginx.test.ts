import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Post } from './harness/contract.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { StreamClient } from './harness/stream-client.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(90_000) });

const keys = `test:${'ef'.repeat(32)}`;

describe.skipIf(!nginxInstalled)('a stream through NGINX', () => {
  let stack: Stack;
  let nginx: Nginx;
  let ada: Person;
  let grace: Person;
  let post: Post;

  beforeAll(async () => {
    stack = await startStack({ api: 2, env: { MEDIA_KEYS: keys, TRUSTED_PROXIES: '127.0.0.1' } });
    nginx = await Nginx.start('stream-nginx', {
      settings: { MEDIA_KEYS: keys, STORAGE_DIR: stack.objects },
      apis: stack.apis.map(({ url }) => new URL(url).host),
    });
    [ada, grace] = await Promise.all([signUp(nginx, 'ada'), signUp(nginx, 'grace')]);
    post = await ada.post([await ada.upload(await drawn({ seed: 5, width: 320, height: 240 }))]);
    await stack.quiet();
  });
  afterAll(async () => {
    await nginx?.stop();
    await stack?.stop();
  });

  const told = (client: StreamClient) => client.of('notification').map(({ data }) => data['type']);

  test('lives from heartbeat to heartbeat, and is told of things as they happen', async () => {
    const client = await StreamClient.open(ada);
    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.headers.get('content-encoding')).toBeNull();
    // Longer than the 20 s after which a proxy might close a silent connection.
    await client.until(() => client.beats >= 2, 60_000);
    await grace.like(post);
    await client.untilTold('notification');
    expect(client.ended).toBe(false);
    client.close();
  });

  test('ends with the api that it came from, and goes on from the other with what was missed', async () => {
    const client = await StreamClient.open(ada);
    const { lastId } = client;
    await Promise.all(stack.apis.map(async (api) => api.kill()));
    await client.until(() => client.ended);
    await stack.apis[1]?.start();
    await grace.follow(ada);
    await stack.quiet();
    const again = await StreamClient.open(ada, { lastId });
    await again.untilTold('feed');
    expect(told(again)).toEqual(['follow']);
    await stack.api.start();
    again.close();
  });

  test('stays while Redis restarts; what was missed is read, or sent to whoever comes back', async () => {
    const client = await StreamClient.open(ada);
    const { lastId } = client;
    await stack.redis.stop();
    await grace.comment(post, 'Nobody hears of this');
    await stack.redis.start();
    await client.until(() => client.of('reset').length > 0, 30_000);
    expect(client.ended).toBe(false);
    await stack.quiet();
    const again = await StreamClient.open(ada, { lastId });
    await again.untilTold('feed');
    expect(told(again)).toEqual(['comment']);
    await grace.unlike(post);
    for (const one of [client, again]) {
      await one.until(() => one.of('notification').some(({ data }) => data['count'] === 0), 20_000);
      one.close();
    }
  });

  test('ends with its session', async () => {
    const client = await StreamClient.open(grace);
    await grace.request('delete', '/v1/sessions/current').expect(204);
    await client.until(() => client.ended);
  });
});
