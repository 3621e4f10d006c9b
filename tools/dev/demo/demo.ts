import { join } from 'node:path';
import cliProgress from 'cli-progress';
import { Refusal as Problem } from '../../../packages/client/src/index.ts';
import { Refusal, say } from '../say.ts';
import { keptSecret, randomHex } from '../secrets.ts';
import { comments, people, posts } from './people.ts';
import { DemoRecord } from './record.ts';
import { signIn, type Member } from './sign-in.ts';
import { stepsOf } from './steps.ts';

const complete = 'complete';

/** Fills a running Narwhal with people, photos and comments, by the public API alone. It is idempotent. */
export async function fillWithDemo(url: string, dataFolder: string): Promise<void> {
  const password = keptSecret(join(dataFolder, 'secrets', 'demo-password'), () => randomHex().slice(0, 16));
  const record = new DemoRecord(join(dataFolder, 'demo.json'));
  const members = await signInEveryone(url, password, record);
  if (record.get(complete)) {
    say('The demo is in there already.');
  } else {
    await makeEverything(members, record);
    await record.once(complete, () => Promise.resolve(new Date().toISOString()));
    say(`\nThe demo: ${people.length} people, ${posts.length} posts, ${comments.length} comments.`);
    say('Its photographs are courtesy of the Getty’s Open Content Program.');
  }
  say(
    `\nSign in as ${people.map(({ username }) => username).join(', ')}; the password of each is ${password}\n`,
  );
}

async function signInEveryone(
  url: string,
  password: string,
  record: DemoRecord,
): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  for (const person of people) {
    const member = await signIn(url, person, password).catch(explainTakenName(person.username));
    // The id differs from the record's: the database was recreated, and the recorded data was lost with the old one.
    const known = record.get(`person ${person.username}`);
    if (known !== undefined && known !== member.id) record.forget();
    await record.once(`person ${person.username}`, () => Promise.resolve(member.id));
    members.set(person.username, member);
  }
  return members;
}

function explainTakenName(username: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    throw new Refusal(`The demo was left out: it has somebody named "${username}", and so has this Narwhal.`);
  };
}

async function makeEverything(members: Map<string, Member>, record: DemoRecord): Promise<void> {
  const steps = stepsOf(members, record);
  const bar = new cliProgress.SingleBar(
    {
      format: 'Filling with the demo  {bar}  {value}/{total}  {doing}',
      noTTYOutput: true,
      notTTYSchedule: 2_000,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(steps.length, 0, { doing: '' });
  try {
    for (const step of steps) {
      bar.update({ doing: step.doing });
      await record.once(step.name, step.work);
      bar.increment();
    }
    bar.update({ doing: 'done' });
  } finally {
    bar.stop();
  }
}
