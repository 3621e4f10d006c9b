import { Controller, Req, Res } from '@nestjs/common';
import { NotificationRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { fresh, tagOf } from '../http/freshness.js';
import { Idempotency } from '../http/idempotency.js';
import { pathOf } from '../http/paths.js';
import { compactOf } from './compact-notification.js';
import { NotificationView } from './notification-view.js';
import {
  notificationListQuery,
  notificationsOrLines,
  readUpTo,
  unread,
  type NotificationListInput,
} from './notifications.schemas.js';

@Controller()
export class NotificationsController {
  constructor(
    private readonly rows: NotificationRows,
    private readonly view: NotificationView,
    private readonly cursors: Cursors,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/notifications',
    tag: 'Notifications',
    summary: 'What happened to the caller, grouped, newest first',
    access: 'required',
    query: notificationListQuery,
    answers: { 200: notificationsOrLines },
    problems: ['cursor_invalid'],
    headers: ['ETag'],
  })
  async listNotifications(
    @Input() input: NotificationListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const { items, ...cursors } = await this.cursors.list(
      pathOf(request),
      input,
      (page) => this.rows.page(caller.userId, page),
      (rows) => this.view.show(rows, caller.userId),
    );
    const isCompact = input.view === 'compact';
    const shown = items.map((item) => (isCompact ? compactOf(item.json) : item.json));
    const json = `{"items":[${shown.join(',')}],${JSON.stringify(cursors).slice(1)}`;
    if (input.cursor !== undefined || input.newer !== undefined) return json;
    return fresh(
      request,
      reply,
      tagOf(...(isCompact ? ['compact'] : []), ...items.map(({ tag }) => tag)),
      json,
    );
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/notifications/unread',
    tag: 'Notifications',
    summary: 'How many of them are unread',
    access: 'required',
    answers: { 200: unread },
    headers: ['ETag'],
  })
  async countUnreadNotifications(
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const count = await this.rows.unread(caller.userId);
    return fresh(request, reply, tagOf(caller.userId, count), { count });
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/notifications/read',
    tag: 'Notifications',
    summary: 'Mark them as read, up to one; those that grow later are unread again',
    access: 'required',
    body: readUpTo,
    answers: { 204: null },
    idempotent: true,
    rate: 'write',
  })
  async markNotificationsRead(
    @Input() input: z.output<typeof readUpTo>,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ): Promise<void> {
    await this.idempotency.once(request, input, async (tx) => {
      await this.rows.read(tx, caller.userId, input.upTo);
      return { status: 204, id: input.upTo };
    });
  }
}
