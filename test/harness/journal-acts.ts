import type { Comment, Page, Photo, Post, Session } from './contract.js';
import type { Actor } from './journal-actor.js';
import type { Act, Company } from './journal-company.js';
import { deciding, relating } from './journal-relations.js';
import type { JournalPost } from './journal.js';
import { drawn } from './pictures.js';

/** Per person, so that checking the journal does not take ever longer; each deletion makes room for another post. */
const MOST_POSTS = 12;

const own = (actor: Actor): JournalPost[] =>
  [...actor.journal.posts.values()].filter(({ author, going }) => author === actor.id && !going);

/** A random post that this person may see. */
const seen = (actor: Actor): JournalPost | undefined =>
  actor.pick(
    [...actor.journal.posts.values()].filter(
      (post) => !post.going && actor.journal.model.maySee(actor.id, post),
    ),
  );

async function post(actor: Actor, company: Company): Promise<void> {
  if (own(actor).length >= MOST_POSTS) return;
  company.made += 1;
  const seed = company.made;
  const { bytes } = await drawn({ seed, width: 64, height: 48 });
  const photo = await actor.post<Photo>('/v1/photos', { file: bytes });
  if (photo.status === 507) return actor.journal.hadNoRoom(actor.name);
  if (photo.status >= 300)
    return actor.journal.find(
      'refused',
      '',
      `${actor.name}'s picture ${seed}: ${photo.status} ${photo.code}`,
    );
  const { id } = photo.body;
  actor.journal.photos += 1;
  actor.journal.ack(actor.name, `sent photo ${id}`);
  const caption = `caption ${seed}`;
  const answer = await actor.post<Post>('/v1/posts', { body: { photoIds: [id], caption } });
  if (answer.status >= 300)
    return actor.journal.find(
      'refused',
      id,
      `${actor.name}'s post of ${id}: ${answer.status} ${answer.code}`,
    );
  actor.journal.add({
    id: answer.body.id,
    author: actor.id,
    archived: false,
    likers: new Set(),
    caption,
    photos: [id],
    savers: new Set(),
    going: false,
  });
  actor.journal.ack(actor.name, `posted ${answer.body.id} of ${id}`);
}

async function edit(actor: Actor, company: Company): Promise<void> {
  const mine = actor.pick(own(actor));
  if (!mine) return;
  const caption = `caption ${(company.made += 1)}`;
  const answer = await actor.send({ method: 'PATCH', path: `/v1/posts/${mine.id}`, body: { caption } });
  if (answer.status !== 200)
    return actor.journal.find(
      'lost',
      mine.id,
      `${actor.name}'s post ${mine.id} cannot be edited: ${answer.status}`,
    );
  mine.caption = caption;
  actor.journal.ack(actor.name, `edited ${mine.id}: ${caption}`);
}

async function remove(actor: Actor, { vanished }: Company): Promise<void> {
  const mine = own(actor).length > 2 ? actor.pick(own(actor)) : undefined;
  if (!mine) return;
  mine.going = true;
  const answer = await actor.send({ method: 'DELETE', path: `/v1/posts/${mine.id}` });
  if (answer.status !== 204)
    actor.journal.find(
      'lost',
      mine.id,
      `${actor.name}'s post ${mine.id} cannot be deleted: ${answer.status}`,
    );
  actor.journal.remove(mine);
  actor.journal.ack(actor.name, `deleted ${mine.id}`);
  vanished.add({ what: `post ${mine.id}`, subject: mine.id, path: `/v1/posts/${mine.id}` });
}

async function say(
  actor: Actor,
  company: Company,
  below: JournalPost,
  replyTo: string | null,
): Promise<void> {
  const text = `said ${(company.made += 1)}.`;
  const body = { text, ...(replyTo !== null && { replyTo }) };
  const answer = await actor.post<Comment>(`/v1/posts/${below.id}/comments`, { body });
  const wasMade = answer.status === 201 || answer.status === 410;
  if (!wasMade) return;
  const id = answer.status === 201 ? answer.body.id : null;
  actor.journal.comments.push({ text, id, post: below.id, author: actor.id, replyTo, deleted: false });
  actor.journal.ack(actor.name, `${text} as ${id} below ${below.id}${replyTo ? ` to ${replyTo}` : ''}`);
}

async function comment(actor: Actor, company: Company): Promise<void> {
  const post = seen(actor);
  if (post) await say(actor, company, post, null);
}

async function reply(actor: Actor, company: Company): Promise<void> {
  const post = seen(actor);
  const answerable = post && actor.journal.commentsOf(post).filter(({ id }) => id !== null);
  const answered = actor.pick(answerable ?? []);
  if (post && answered) await say(actor, company, post, answered.id);
}

async function uncomment(actor: Actor): Promise<void> {
  const mine = actor.pick(
    actor.journal.comments.filter(
      ({ author, id, deleted }) => author === actor.id && id !== null && !deleted,
    ),
  );
  if (!mine) return;
  const answer = await actor.send({ method: 'DELETE', path: `/v1/comments/${mine.id}` });
  // It may have been deleted with its post; if the post still exists, the final check finds the comment.
  if (answer.status !== 204) return;
  mine.deleted = true;
  actor.journal.ack(actor.name, `deleted comment ${mine.id} ${mine.text}`);
}

/** A like or a save. If it is refused after a try without a response, its state is unknown: then it is undone. */
async function mark(actor: Actor, post: JournalPost, what: 'like' | 'save', wanted: boolean): Promise<void> {
  const path = `/v1/posts/${post.id}/${what}`;
  const set = what === 'like' ? post.likers : post.savers;
  const answer = await actor.send({ method: wanted ? 'PUT' : 'DELETE', path });
  const isRefused = answer.status >= 300;
  if (isRefused && !(wanted && answer.repeated)) return;
  if (isRefused && (await actor.send({ method: 'DELETE', path })).status >= 300) return;
  if (wanted && !isRefused) set.add(actor.id);
  else set.delete(actor.id);
  actor.journal.ack(actor.name, `${wanted && !isRefused ? '' : 'un'}${what} ${post.id}`);
}

const marking =
  (what: 'like' | 'save', wanted: boolean): Act =>
  async (actor) => {
    const marked = [...actor.journal.posts.values()].filter(
      (one) => !one.going && (what === 'like' ? one.likers : one.savers).has(actor.id),
    );
    const post = wanted ? seen(actor) : actor.pick(marked);
    if (post) await mark(actor, post, what, wanted);
  };

async function profile(actor: Actor, company: Company): Promise<void> {
  const displayName = `${actor.name} ${(company.made += 1)}`;
  const answer = await actor.send({ method: 'PATCH', path: '/v1/me', body: { displayName } });
  if (answer.status !== 200)
    return actor.journal.find(
      'refused',
      actor.name,
      `${actor.name}'s new name: ${answer.status} ${answer.code}`,
    );
  actor.journal.profiles.set(actor.id, displayName);
  actor.journal.ack(actor.name, `is ${displayName}`);
}

/** Signs in on another device, or signs it out. */
async function device(actor: Actor, { vanished }: Company): Promise<void> {
  const { otherDevice, journal } = actor;
  if (!otherDevice) {
    actor.otherDevice = await actor.signIn();
    return journal.ack(actor.name, `signed in ${actor.otherDevice.id}`);
  }
  await signOut(actor, otherDevice);
  vanished.add({
    what: `session ${otherDevice.id} of ${actor.name}`,
    subject: otherDevice.id,
    path: '/v1/me',
    token: otherDevice.accessToken,
  });
}

async function signOut(actor: Actor, { id, accessToken: token }: Session): Promise<void> {
  const path = '/v1/sessions/current';
  const answer = await actor.client.settled({ method: 'DELETE', path, token });
  const isOver = answer.status === 204 || (answer.repeated && answer.code === 'session_ended');
  if (!isOver)
    actor.journal.find('signed out', id, `session ${id}: ${answer.status} ${answer.code} at sign-out`);
  actor.otherDevice = null;
  actor.journal.sessions.get(actor.id)?.delete(id);
  actor.journal.ack(actor.name, `signed out ${id}`);
}

async function renew(actor: Actor): Promise<void> {
  await actor.refresh();
  actor.journal.ack(actor.name, `refreshed ${actor.session.id}`);
}

async function read(actor: Actor): Promise<void> {
  const list = await actor.send<Page<{ id: string }>>({ method: 'GET', path: '/v1/notifications' });
  const newest = list.body.items[0]?.id;
  if (newest === undefined) return;
  const answer = await actor.post('/v1/notifications/read', { body: { upTo: newest } });
  if (answer.status === 204) actor.journal.ack(actor.name, `read up to ${newest}`);
}

const acts: readonly (readonly [weight: number, act: Act])[] = [
  [7, post],
  [3, edit],
  [3, remove],
  [10, comment],
  [5, reply],
  [4, uncomment],
  [16, marking('like', true)],
  [7, marking('like', false)],
  [6, marking('save', true)],
  [3, marking('save', false)],
  [10, relating('follow')],
  [3, relating('unfollow')],
  [5, deciding(true)],
  [2, deciding(false)],
  [2, relating('block')],
  [5, relating('unblock')],
  [2, relating('mute')],
  [2, relating('unmute')],
  [3, profile],
  [2, device],
  [2, renew],
  [3, read],
];

const all = acts.reduce((sum, [weight]) => sum + weight, 0);

/** A random act of a person. */
export function actOf(actor: Actor, company: Company): Promise<void> {
  let left = actor.random() * all;
  const chosen = acts.find(([weight]) => (left -= weight) < 0);
  return (chosen?.[1] ?? read)(actor, company);
}
