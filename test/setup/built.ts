import { build } from '../../tools/dev/build.ts';

/** Black-box tests run what is deployed: the built output. Nothing is done when it is current. */
export default async function bringBuildUpToDate(): Promise<void> {
  await build();
}
