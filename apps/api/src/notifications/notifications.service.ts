import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { NotificationRows, type Tx } from '@app/storage';
import { Cursors, type ListInput, type Page } from '../http/cursors.js';
import type { Made } from '../http/idempotency.js';
import { NotificationView, type ShownNotification } from './notification-view.js';

/** A person's notifications, and how far they have read them. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly rows: NotificationRows,
    private readonly cursors: Cursors,
    private readonly view: NotificationView,
  ) {}

  async page(path: string, input: ListInput, reader: Id): Promise<Page<ShownNotification>> {
    const page = this.cursors.request(path, input);
    const rows = await this.rows.page(reader, { ...page, limit: page.limit + 1 });
    // The extra row is the oldest of a page read downwards, the newest of one read upwards.
    const scanned = page.after === null ? rows.slice(0, page.limit) : rows.slice(-page.limit);
    return this.cursors.page(path, await this.view.show(scanned, reader), {
      first: scanned[0]?.id ?? page.after,
      last: scanned.at(-1)?.id ?? null,
      more: rows.length > page.limit || page.after !== null,
    });
  }

  async unread(reader: Id): Promise<number> {
    return this.rows.unread(reader);
  }

  async read(tx: Tx, reader: Id, upTo: Id): Promise<Made> {
    await this.rows.read(tx, reader, upTo);
    return { status: 204, id: upTo };
  }
}
