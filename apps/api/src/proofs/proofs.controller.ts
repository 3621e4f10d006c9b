import { Controller } from '@nestjs/common';
import { Passkeys, Proofs } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { requestOptions } from '../passkeys/passkeys.schemas.js';
import { proof, proofRequest } from './proofs.schemas.js';

@Controller()
export class ProofsController {
  constructor(
    private readonly proofs: Proofs,
    private readonly passkeys: Passkeys,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/proofs/options',
    tag: 'Accounts',
    summary: 'Get what one of one’s passkeys has to sign, as a proof',
    access: 'required',
    answers: { 200: requestOptions },
    rate: 'signIn',
  })
  getProofOptions(@CallerOf() caller: Caller): Promise<z.input<typeof requestOptions>> {
    return this.passkeys.proofOptions(caller);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/me/proofs',
    tag: 'Accounts',
    summary: 'Prove who one is, before a dangerous change',
    details:
      'The proof holds for `limits.proof.validFor`, in this session, until the password or the address changes.',
    access: 'required',
    body: proofRequest,
    answers: { 201: proof },
    problems: ['password_wrong', 'code_wrong', 'passkey_refused', 'busy'],
    rate: 'signIn',
  })
  async createProof(
    @Input() { password, ...given }: z.output<typeof proofRequest>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<z.input<typeof proof>> {
    const made = await (password === undefined
      ? this.proofs.byFactor(caller, given, from)
      : this.proofs.byPassword(caller, password, from));
    return { ...made, expiresAt: made.expiresAt.toISOString() };
  }
}
