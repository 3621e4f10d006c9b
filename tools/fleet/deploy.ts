import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { build } from '../dev/build.ts';
import { Refusal } from '../dev/say.ts';
import { migrate, noticed } from './app-parts.ts';
import { writeNginx } from './edge-parts.ts';
import { inGroups, type Fleet } from './fleet.ts';
import { answersOk } from '../dev/ready.ts';
import type { Part } from './part.ts';
import { addressOf } from './plan.ts';
import { Release } from './release.ts';

/** The versions that a fleet runs; a deploy changes them. */
export interface Versions {
  current: Release;
}

/** In this order. */
const rolled = ['worker', 'api', 'nginx'] as const;

/** A new part has to serve, and to keep serving for a moment. */
async function isSound({ place }: Part): Promise<boolean> {
  if (place.kind === 'api') return answersOk(`http://${addressOf(place)}/v1/instance`, 3_000);
  return answersOk(`http://${addressOf(place)}/health/ready`, 3_000);
}

async function swap(part: Part): Promise<void> {
  await part.drain();
  await part.start();
  if (!(await isSound(part)))
    throw new Refusal(
      `${part.name} started, but does not answer as it should; its log: ${part.kind.logFile}`,
    );
}

/**
 * A quarter at a time and one of a few, so that the others serve meanwhile: one by one a hundred would take a quarter of an
 * hour. After apis it waits until every NGINX sends to them again.
 */
async function roll(parts: readonly Part[], done: Part[]): Promise<void> {
  for (const some of inGroups(parts, Math.max(1, Math.floor(parts.length / 4)))) {
    done.push(...some);
    const swaps = await Promise.allSettled(some.map(swap));
    for (const one of swaps) if (one.status === 'rejected') throw one.reason;
    if (some.some(({ place }) => place.kind === 'api')) await noticed();
  }
}

/**
 * Moves every worker, api and NGINX to another version without a failed request: first the schema, with which the old version
 * still works (expand; contract belongs to a later version), then one part after the other. The first unhealthy part stops
 * the deploy, and the swapped parts are rolled back. Migrations only go forward: the old version runs on the new schema.
 */
export async function deploy(
  fleet: Fleet,
  versions: Versions,
  folder: string | undefined,
  tell: (line: string) => void,
): Promise<string> {
  const down = fleet.ofKind(...rolled).filter(({ state }) => state !== 'up');
  if (down.length > 0)
    throw new Refusal(
      `${down.map(({ name, state }) => `${name} is ${state}`).join(', ')}: start it first, since a deploy takes one more away. Nothing was changed.`,
    );
  if (!folder) await build();
  const [old, next] = [versions.current, Release.keep(folder ?? join(root, 'dist'), fleet.context.folder)];
  tell(`deploy: ${old.version} -> ${next.version}`);
  // Finds a configuration that NGINX would refuse before anything else changes.
  for (const { place } of fleet.ofKind('nginx')) writeNginx(fleet.context, place, next);
  await migrate(fleet.context, next);
  tell('deploy: the schema is ready');
  versions.current = next;
  const done: Part[] = [];
  try {
    for (const kind of rolled) await roll(fleet.ofKind(kind), done);
  } catch (error) {
    tell(`deploy: ${(error as Error).message.split('\n')[0]}; back to ${old.version}`);
    versions.current = old;
    for (const { place } of fleet.ofKind('nginx')) writeNginx(fleet.context, place, old);
    for (const kind of [...rolled].reverse())
      await roll(
        done.filter(({ place }) => place.kind === kind),
        [],
      );
    throw new Refusal(
      `Version ${next.version} was not healthy, and every part runs ${old.version} again:\n${(error as Error).message}`,
    );
  }
  Release.tidy(fleet.context.folder, [old, next]);
  return `Version ${next.version} runs everywhere (${done.length} parts).`;
}
