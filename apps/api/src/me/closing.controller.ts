import { Controller } from '@nestjs/common';
import { Leaving, Proofs } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, ProofOf, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { closed, closing } from '../users/users.schemas.js';

@Controller()
export class ClosingController {
  constructor(
    private readonly leaving: Leaving,
    private readonly proofs: Proofs,
  ) {}

  @Endpoint({
    method: 'DELETE',
    path: '/v1/me',
    tag: 'Accounts',
    summary: 'Close one’s account; everything of it is deleted some days later',
    details:
      'The account is hidden at once and all its sessions end. Signing in before `deletesAt` opens it again, as it was.',
    access: 'required',
    body: closing,
    answers: { 202: closed },
    proven: true,
    problems: ['password_wrong', 'busy'],
    rate: 'signIn',
  })
  async closeAccount(
    @Input() { password }: z.output<typeof closing>,
    @CallerOf() caller: Caller,
    @ProofOf() header: string | null,
    @OriginOf() from: Origin,
  ): Promise<z.input<typeof closed>> {
    const proof =
      password === undefined ? header : (await this.proofs.byPassword(caller, password, from)).proof;
    const deletesAt = await this.leaving.close(caller, proof, from);
    return { deletesAt: deletesAt.toISOString() };
  }
}
