import type { Person } from './people.js';
import type { Stack } from './stack.js';

const sql = `
  INSERT INTO photos (shard, id, owner_id, state, folder, bytes, type, alt_text, width, height, thumbhash, color, renditions, settled_at)
  SELECT shard_of($1), next_id(shard_of($1)), $1, state, folder, bytes, type, alt_text, width, height, thumbhash, color, renditions, now()
  FROM photos WHERE id = $2 RETURNING id`;

/** One more photo with the same pixels, another owner, and ready at once: developing one takes a tenth of a second. */
export async function copyOf(stack: Stack, photo: { id: string }, owner: Person): Promise<{ id: string }> {
  const [made] = await stack.database.query<{ id: string }>(sql, [owner.id, photo.id]);
  if (!made) throw new Error(`expected photo ${photo.id} to be there but found none`);
  return made;
}
