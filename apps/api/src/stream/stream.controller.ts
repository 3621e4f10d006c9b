import { Controller, Req, Res } from '@nestjs/common';
import { problem } from '@app/platform';
import { z } from 'zod';
import { CallerOf, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { takeSocket } from './live-stream.js';
import { Streams } from './streams.js';

const events = z.string().meta({
  contentMediaType: 'text/event-stream',
  description:
    'Server-sent events: `notification` (as in the list; count 0 takes its group away), `photo` and `post` ({id, state}), `feed` (something new), `reset` (read again). Unknown ones are to be ignored.',
});

@Controller()
export class StreamController {
  constructor(private readonly streams: Streams) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/stream',
    tag: 'Notifications',
    summary:
      'What happens, as it happens; `Last-Event-ID` resumes, a newer stream beyond the limit ends the oldest',
    access: 'required',
    answers: { 200: events },
    problems: ['unavailable'],
  })
  async openStream(
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    if (this.streams.isEnding) throw problem('unavailable', { headers: { 'retry-after': '1' } });
    const last = request.headers['last-event-id'];
    const socket = takeSocket(request, reply);
    if (socket) await this.streams.open(socket, caller, last);
  }
}
