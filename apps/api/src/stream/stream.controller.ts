import { Controller, Req, Res } from '@nestjs/common';
import { problem } from '@app/platform';
import { CallerOf, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { takeSocket } from './live-stream.js';
import { streamEvent } from './stream.schemas.js';
import { Streams } from './streams.js';

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
    answers: { 200: streamEvent },
    mediaTypes: ['text/event-stream'],
    takes: ['LastEventId'],
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
