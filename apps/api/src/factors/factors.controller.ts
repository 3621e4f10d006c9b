import { Controller } from '@nestjs/common';
import { Factors } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, ProofOf, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { newTotp, recoveryCodes, totpConfirmation, totpState } from './factors.schemas.js';

@Controller()
export class FactorsController {
  constructor(private readonly factors: Factors) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/me/totp',
    tag: 'Accounts',
    summary: 'Whether signing in asks for a code of an authenticator app',
    access: 'required',
    answers: { 200: totpState },
  })
  getTotp(@CallerOf() caller: Caller): Promise<z.input<typeof totpState>> {
    return this.factors.totp(caller);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/me/totp',
    tag: 'Accounts',
    summary: 'Make a secret for an authenticator app',
    details: 'It counts once a code of it was sent by `PUT`; until then, what is set goes on counting.',
    access: 'required',
    proven: true,
    answers: { 201: newTotp },
    rate: 'signIn',
  })
  createTotp(@CallerOf() caller: Caller, @ProofOf() proof: string | null): Promise<z.input<typeof newTotp>> {
    return this.factors.beginTotp(caller, proof);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/totp',
    tag: 'Accounts',
    summary: 'Confirm the new secret by its first code; signing in asks for one from then on',
    access: 'required',
    body: totpConfirmation,
    answers: { 200: recoveryCodes },
    problems: ['code_wrong'],
    rate: 'signIn',
  })
  async setTotp(
    @Input() { code }: z.output<typeof totpConfirmation>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<z.input<typeof recoveryCodes>> {
    return { recoveryCodes: await this.factors.confirmTotp(caller, code, from) };
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/me/totp',
    tag: 'Accounts',
    summary: 'Ask for no codes of an authenticator app any more',
    access: 'required',
    proven: true,
    answers: { 204: null },
    rate: 'signIn',
  })
  async deleteTotp(
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.factors.removeTotp(caller, proof, from);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/me/recovery-codes',
    tag: 'Accounts',
    summary: 'Make new recovery codes; earlier ones end',
    access: 'required',
    proven: true,
    answers: { 201: recoveryCodes },
    problems: ['no_second_factor'],
    rate: 'signIn',
  })
  async createRecoveryCodes(
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
  ): Promise<z.input<typeof recoveryCodes>> {
    return { recoveryCodes: await this.factors.newRecoveryCodes(caller, proof, from) };
  }
}
