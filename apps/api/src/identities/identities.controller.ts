import { Controller } from '@nestjs/common';
import { Identities, WaysIn } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, ProofOf, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import {
  givenOf,
  identity,
  identityList,
  identityProof,
  providerParams,
  shownIdentity,
  wholeOf,
} from './identities.schemas.js';

@Controller()
export class IdentitiesController {
  constructor(
    private readonly identities: Identities,
    private readonly waysIn: WaysIn,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/me/identities',
    tag: 'Accounts',
    summary: 'The identities by which one signs in, oldest first',
    access: 'required',
    answers: { 200: identityList },
  })
  async listIdentities(@CallerOf() caller: Caller): Promise<z.input<typeof identityList>> {
    return wholeOf((await this.identities.of(caller)).map(shownIdentity));
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/identities/:provider',
    tag: 'Accounts',
    summary: 'Link an identity, to sign in by it',
    details: 'In the place of any other of the same provider.',
    access: 'required',
    proven: true,
    params: providerParams,
    body: identityProof,
    answers: { 200: identity },
    problems: ['identity_wrong', 'identity_taken', 'provider_unavailable', 'busy'],
    rate: 'signIn',
  })
  async linkIdentity(
    @Input() input: z.output<typeof providerParams> & z.output<typeof identityProof>,
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
  ): Promise<z.input<typeof identity>> {
    const given = givenOf(input.provider, input);
    return shownIdentity(await this.identities.link({ caller, proof, from }, given));
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/me/identities/:provider',
    tag: 'Accounts',
    summary: 'Unlink an identity',
    access: 'required',
    proven: true,
    params: providerParams,
    answers: { 204: null },
    problems: ['last_way_in'],
    rate: 'signIn',
  })
  async unlinkIdentity(
    @Input() { provider }: z.output<typeof providerParams>,
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.waysIn.unlink(caller, { provider, proof }, from);
  }
}
