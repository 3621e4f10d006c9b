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
    return this.cursors.list(
      path,
      input,
      (page) => this.rows.page(reader, page),
      (rows) => this.view.show(rows, reader),
    );
  }

  async unread(reader: Id): Promise<number> {
    return this.rows.unread(reader);
  }

  async read(tx: Tx, reader: Id, upTo: Id): Promise<Made> {
    await this.rows.read(tx, reader, upTo);
    return { status: 204, id: upTo };
  }
}
