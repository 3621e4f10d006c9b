import type { Comment, Page, Post } from './contract.js';
import type { Person } from './people.js';

/** A notification, as far as tests read it. */
export interface Notification {
  id: string;
  group: string;
  type: string;
  actors: { id: string; username: string }[];
  count: number;
  post: Post | null;
  comment: Comment | null;
  read: boolean;
  createdAt: string;
}

export async function notificationsOf(person: Person, query = ''): Promise<Page<Notification>> {
  const response = await person.request('get', `/v1/notifications${query}`).expect(200);
  return response.body as Page<Notification>;
}

/** The notifications in short form: `like by linus, grace (2)`. */
export async function toldTo(person: Person): Promise<string[]> {
  const { items } = await notificationsOf(person);
  return items.map(
    ({ type, actors, count }) => `${type} by ${actors.map(({ username }) => username).join(', ')} (${count})`,
  );
}

export async function unreadOf(person: Person): Promise<number> {
  const response = await person.request('get', '/v1/notifications/unread').expect(200);
  return (response.body as { count: number }).count;
}

export async function read(person: Person, upTo: { id: string } | undefined): Promise<void> {
  await person.request('post', '/v1/notifications/read', { upTo: upTo?.id ?? '1' }).expect(204);
}

/** The number of unread ones in the list, over all its pages: it must equal the unread count. */
export async function unreadListed(person: Person): Promise<number> {
  let unread = 0;
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '?limit=50' : `?limit=50&cursor=${cursor}`;
    const page = await notificationsOf(person, query);
    unread += page.items.filter((item) => !item.read).length;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return unread;
}
