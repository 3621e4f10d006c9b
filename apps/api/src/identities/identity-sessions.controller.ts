import { Controller, Req, Res } from '@nestjs/common';
import { IdentityProviders, IdentitySignIns, type ProvenIdentity } from '@app/domain';
import type { z } from 'zod';
import { Input, type ApiReply, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { idempotencyKeyOf } from '../http/idempotency.js';
import { originOf } from '../http/origin.js';
import { SessionStart } from '../sessions/session-start.js';
import {
  givenOf,
  identityAnswers,
  identityProviderList,
  identitySignIn,
  wholeOf,
} from './identities.schemas.js';
import { SuggestedNames } from './suggested-names.js';

@Controller()
export class IdentitySessionsController {
  constructor(
    private readonly providers: IdentityProviders,
    private readonly signIns: IdentitySignIns,
    private readonly names: SuggestedNames,
    private readonly start: SessionStart,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/identity-providers',
    tag: 'Sessions',
    summary: 'The providers by which people sign in, in the operator’s order',
    access: 'none',
    answers: { 200: identityProviderList },
  })
  listIdentityProviders(): z.input<typeof identityProviderList> {
    return wholeOf(this.providers.list());
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions/identity',
    tag: 'Sessions',
    summary: 'Sign in by a provider',
    details:
      'With an ID token of the provider’s SDK, or a code of its page. 200: nobody has signed up by this identity yet; `signUp` of POST /v1/users does. An account that has the same address of email is not signed in to: its owner links the identity by PUT /v1/me/identities/{provider}. A second factor is asked for as after a password.',
    access: 'none',
    body: identitySignIn,
    answers: identityAnswers,
    problems: [
      'identity_refused',
      'approval_pending',
      'second_factor_required',
      'not_found',
      'provider_unavailable',
      'busy',
      'gone',
    ],
    idempotent: true,
    rate: 'signIn',
  })
  async signInByIdentity(
    @Input() input: z.output<typeof identitySignIn>,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    void reply.status(201);
    const earlier = await this.start.repeated(request, input);
    if (earlier) return earlier;
    const proven = await this.providers.prove(givenOf(input.provider, input));
    const key = idempotencyKeyOf(request);
    if (await this.signIns.isLinked(proven)) {
      const from = originOf(request);
      return this.start.begin(request, input, (tx) => this.signIns.admit(tx, proven, key, from));
    }
    void reply.status(200);
    return this.newcomer(proven, key);
  }

  private async newcomer(proven: ProvenIdentity, key: string | null) {
    const signUp = await this.signIns.newcomer(proven, key);
    const { name: displayName, email } = proven;
    return { signUp, suggestion: { username: await this.names.freeFor(proven), displayName, email } };
  }
}
