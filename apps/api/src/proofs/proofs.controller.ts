import { Controller, Res } from '@nestjs/common';
import { Identities, MailedProofs, Passkeys, Proofs, type ShownProof } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, type ApiReply, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { requestOptions } from '../passkeys/passkeys.schemas.js';
import { givenOf } from '../identities/identities.schemas.js';
import { proof, proofRequest } from './proofs.schemas.js';

@Controller()
export class ProofsController {
  constructor(
    private readonly proofs: Proofs,
    private readonly mailed: MailedProofs,
    private readonly passkeys: Passkeys,
    private readonly identities: Identities,
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
      'The proof holds for `limits.proof.validFor`, in this session, until the password or the address changes. `send` has a code mailed instead (202), where there is no second factor; a proof by it is none for another address.',
    access: 'required',
    body: proofRequest,
    answers: { 201: proof, 202: null },
    problems: [
      'password_wrong',
      'code_wrong',
      'passkey_refused',
      'identity_wrong',
      'proof_not_mailed',
      'provider_unavailable',
      'busy',
    ],
    rate: 'signIn',
  })
  async createProof(
    @Input() input: z.output<typeof proofRequest>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
    @Res({ passthrough: true }) reply: ApiReply,
  ): Promise<z.input<typeof proof> | undefined> {
    if (input.send !== undefined) {
      await this.mailed.ask(caller);
      void reply.status(202);
      return undefined;
    }
    const made = await this.made(input, caller, from);
    return { ...made, expiresAt: made.expiresAt.toISOString() };
  }

  private made(
    { password, code, credential, provider, idToken, nonce }: z.output<typeof proofRequest>,
    caller: Caller,
    from: Origin,
  ): Promise<ShownProof> {
    if (password !== undefined) return this.proofs.byPassword(caller, password, from);
    if (provider !== undefined) return this.identities.prove(caller, givenOf(provider, { idToken, nonce }));
    if (code !== undefined) return this.mailed.byCode(caller, code, from);
    return this.proofs.byFactor(caller, { credential }, from);
  }
}
