import { Controller, Req } from '@nestjs/common';
import { Accounts, SecondFactors, Sessions, type GivenFactor } from '@app/domain';
import type { z } from 'zod';
import { Input, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { Idempotency } from '../http/idempotency.js';
import { originOf } from '../http/origin.js';
import { SessionStart } from './session-start.js';
import { passkeyOptions, passkeySignIn, requestOptions } from '../passkeys/passkeys.schemas.js';
import { refresh, refreshed, signedIn, signIn } from './sessions.schemas.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly accounts: Accounts,
    private readonly factors: SecondFactors,
    private readonly start: SessionStart,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Sign in',
    details:
      'Where the account has a second factor, the right password is answered by 401 `second_factor_required` with a challenge: send that with the factor, within `limits.secondFactor.challengeFor`.',
    access: 'none',
    body: signIn,
    answers: { 201: signedIn },
    problems: [
      'bad_credentials',
      'approval_pending',
      'second_factor_required',
      'challenge_expired',
      'code_wrong',
      'passkey_refused',
      'busy',
      'gone',
    ],
    idempotent: true,
    rate: 'signIn',
  })
  async signIn(@Input() input: z.output<typeof signIn>, @Req() request: ApiRequest) {
    const from = originOf(request);
    if (input.challenge !== undefined) return this.answer(request, input.challenge, input);
    const { login = '', password = '', refreshToken } = input;
    const proof = await this.accounts.authenticate({ login, password, refreshToken }, from);
    return this.start.begin(request, input, (tx) => this.factors.admitByPassword(tx, proof, from));
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions/passkey/options',
    tag: 'Sessions',
    summary: 'Get what a passkey has to sign, to sign in',
    details:
      'For `navigator.credentials.get`, or the phone’s own call. With the challenge of a sign-in or a reset: for its person’s passkeys, as second factor.',
    access: 'none',
    body: passkeyOptions,
    answers: { 200: requestOptions },
    problems: ['challenge_expired'],
    rate: 'signIn',
  })
  getSignInOptions(
    @Input() { challenge }: z.output<typeof passkeyOptions>,
    @Req() request: ApiRequest,
  ): Promise<z.input<typeof requestOptions>> {
    return this.factors.passkeyOptions(challenge, originOf(request));
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions/passkey',
    tag: 'Sessions',
    summary: 'Sign in by a passkey, without a password',
    access: 'none',
    body: passkeySignIn,
    answers: { 201: signedIn },
    problems: ['passkey_refused', 'gone'],
    idempotent: true,
    rate: 'signIn',
  })
  async signInByPasskey(@Input() input: z.output<typeof passkeySignIn>, @Req() request: ApiRequest) {
    return this.start.begin(request, input, (tx) =>
      this.factors.admitByPasskey(tx, input.credential, originOf(request)),
    );
  }

  /** The second half of a sign-in. */
  private answer(request: ApiRequest, challenge: string, given: GivenFactor) {
    const from = originOf(request);
    return this.factors.counted(challenge, given, from, () =>
      this.start.begin(request, { challenge, ...given }, (tx) =>
        this.factors.admitByChallenge(tx, challenge, given, from),
      ),
    );
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions/refresh',
    tag: 'Sessions',
    summary: 'Exchange a refresh token for its successor',
    access: 'none',
    body: refresh,
    answers: { 200: refreshed },
    problems: ['session_ended'],
    idempotent: true,
    rate: 'refresh',
  })
  async refreshSession(@Input() input: z.output<typeof refresh>, @Req() request: ApiRequest) {
    const token = this.sessions.parse(input.refreshToken);
    // A refresh may be repeated anyway; the key only prevents its reuse for another request.
    await this.idempotency.once(request, input, () => Promise.resolve({ status: 200, id: token.sessionId }));
    return { session: await this.sessions.refresh(token, originOf(request)) };
  }
}
