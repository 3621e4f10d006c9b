import { build } from '../../tools/dev/build.ts';

/** Black-box tests run the deployed form: the built output. Does nothing when it is current. */
export default async function bringBuildUpToDate(): Promise<void> {
  await build();
}
