import { drawn } from './pictures.js';
import { StreamClient } from './stream-client.js';
import type { Stack } from './stack.js';
import type { Scene } from './visibility-scene.js';

/**
 * The events that each viewer's stream gets when Ada posts a photo and mentions all of them in its caption: `yes` or `out`. No
 * more events follow once the system is quiet and her follower has received one; a photo of each viewer's own then ends the wait.
 */
export async function toldByStream(stack: Stack, scene: Scene): Promise<Record<string, string>> {
  const people = Object.entries(scene.viewers).flatMap(([who, person]) => (person ? [{ who, person }] : []));
  const streams = await Promise.all(
    people.map(async ({ who, person }) => ({ who, person, client: await StreamClient.open(person) })),
  );
  const caption = people.map(({ person }) => `@${person.user.username}`).join(' ');
  const photo = await scene.ada.upload(await drawn({ seed: 77, width: 320, height: 240 }));
  await scene.ada.post([photo], { caption });
  await stack.folded();
  await streams.find(({ who }) => who === 'follower')?.client.untilTold('feed');
  const told = await Promise.all(
    streams.map(async ({ who, person, client }, index) => {
      const own = await person.upload(await drawn({ seed: 100 + index, width: 320, height: 240 }));
      await client.until(() => client.of('photo').some(({ data }) => data['id'] === own.id));
      client.close();
      return [who, client.events.some(({ data }) => data['id'] !== own.id) ? 'yes' : 'out'] as const;
    }),
  );
  return { ...Object.fromEntries(told), nobody: String((await fetch(`${stack.url}/v1/stream`)).status) };
}
