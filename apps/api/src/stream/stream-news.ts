import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { LiveAudience, NotificationRows } from '@app/storage';
import { NotificationView, type ShownNotification } from '../notifications/notification-view.js';

/** Reads the content of events for connected people: the same as the lists would show. */
@Injectable()
export class StreamNews {
  constructor(
    private readonly rows: NotificationRows,
    private readonly view: NotificationView,
    private readonly audience: LiveAudience,
  ) {}

  /** A group in its current state, with a count of 0 when it is gone. Null for a group that never existed. */
  async notification(reader: Id, group: string): Promise<ShownNotification | null> {
    const row = await this.rows.ofGroup(reader, group);
    if (!row) return null;
    const [shown] = row.count > 0 ? await this.view.show([row], reader) : [];
    return shown ?? this.view.gone(row);
  }

  /** The groups that grew above a position, oldest first. Null when there are more than a stream resends. */
  async missed(reader: Id, after: Id): Promise<ShownNotification[] | null> {
    const most = limits.stream.resume;
    const rows = await this.rows.page(reader, { limit: most + 1, before: null, after });
    return rows.length > most ? null : this.view.show(rows.toReversed(), reader);
  }

  async newestId(reader: Id): Promise<Id> {
    return this.rows.newestId(reader);
  }

  /** The connected people whose feeds have new posts. */
  async readersOf(posts: readonly Id[], connected: readonly Id[]): Promise<Set<Id>> {
    return this.audience.of(posts, connected);
  }
}
