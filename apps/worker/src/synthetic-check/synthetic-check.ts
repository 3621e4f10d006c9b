import { setTimeout as sleep } from 'node:timers/promises';
import type { Id, SyntheticStep } from '@app/platform';
import { NotServed, PublicClient } from './public-client.js';
import { tinyPhoto } from './tiny-photo.js';

/** The time limit for a photo to be ready, and for a post to appear in its author's feed; in milliseconds. */
const PATIENCE = 30_000;
const LOOK = 250;
/** Older posts were left by an earlier check whose process was killed; in milliseconds. */
const LEFT_BEHIND = 10 * 60_000;

interface ShownPhoto {
  id: Id;
  state: 'processing' | 'ready' | 'rejected';
  renditions: { w320: { url: string } } | null;
}

interface ShownPost {
  id: Id;
  createdAt: string;
}

interface FeedPage {
  items: ShownPost[];
}

/** Runs one named operation of the check. */
export type Through = (step: SyntheticStep, work: () => Promise<void>) => Promise<void>;

/** One synthetic check: the operations that most people perform, from signing in to seeing their own photo. */
export class SyntheticCheck {
  private readonly client: PublicClient;
  private photo: ShownPhoto | undefined;
  private post: ShownPost | undefined;
  private seen: ShownPost[] = [];

  constructor(
    site: string,
    private readonly account: { login: string; password: string },
  ) {
    this.client = new PublicClient(site);
  }

  /** Stops at the first failing operation, and always cleans up. @throws NotServed */
  async run(through: Through): Promise<void> {
    try {
      await through('sign_in', () => this.signIn());
      await through('upload', () => this.upload());
      await through('develop', () => this.develop());
      await through('post', () => this.publish());
      await through('feed', () => this.findInFeed());
      await through('media', () => this.load());
    } catch (error) {
      // Throws the check's own failure; the next check cleans up the rest.
      await this.cleanUp().catch(() => undefined);
      throw error;
    }
    await through('clean_up', () => this.cleanUp());
  }

  private async signIn(): Promise<void> {
    const { session } = await this.client.ask<{ session: { accessToken: string } }>({
      method: 'POST',
      path: '/v1/sessions',
      body: this.account,
    });
    this.client.token = session.accessToken;
  }

  private async upload(): Promise<void> {
    const body = new FormData();
    body.set('file', new Blob([new Uint8Array(tinyPhoto())], { type: 'image/png' }), 'visit.png');
    this.photo = await this.client.ask<ShownPhoto>({ method: 'POST', path: '/v1/photos', body });
  }

  private async develop(): Promise<void> {
    const path = `/v1/photos/${this.photo?.id}`;
    await this.until('the photo is not ready', async () => {
      this.photo = await this.client.ask<ShownPhoto>({ method: 'GET', path });
      if (this.photo.state === 'rejected') throw new NotServed('the photo was rejected');
      return this.photo.state === 'ready';
    });
  }

  private async publish(): Promise<void> {
    const body = { photoIds: [this.photo?.id] };
    this.post = await this.client.ask<ShownPost>({ method: 'POST', path: '/v1/posts', body });
  }

  private async findInFeed(): Promise<void> {
    await this.until('the post is not in the feed', async () => {
      const { items } = await this.client.ask<FeedPage>({ method: 'GET', path: '/v1/feed' });
      this.seen = items;
      return items.some(({ id }) => id === this.post?.id);
    });
  }

  private async load(): Promise<void> {
    const { url } = this.photo?.renditions?.w320 ?? {};
    if (url === undefined || (await this.client.bytes(url)) === 0) throw new NotServed('the photo is empty');
  }

  private async cleanUp(): Promise<void> {
    if (this.client.token === undefined) return;
    const old = this.seen.filter(({ createdAt }) => Date.now() - Date.parse(createdAt) > LEFT_BEHIND);
    const posts = [...(this.post ? [this.post] : []), ...old];
    for (const { id } of posts) await this.client.ask({ method: 'DELETE', path: `/v1/posts/${id}` });
    if (this.photo && !this.post)
      await this.client.ask({ method: 'DELETE', path: `/v1/photos/${this.photo.id}` });
    await this.client.ask({ method: 'DELETE', path: '/v1/sessions/current' });
  }

  private async until(otherwise: string, done: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!(await done())) {
      if (performance.now() > deadline) throw new NotServed(`${otherwise} after ${PATIENCE / 1000} s`);
      await sleep(LOOK);
    }
  }
}
