import { Controller, Req } from '@nestjs/common';
import { Passkeys, WaysIn } from '@app/domain';
import { problem } from '@app/platform';
import { FactorRows, type Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, ProofOf, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { OriginOf, originOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import {
  creationOptions,
  madePasskey,
  passkeyList,
  passkeyMaking,
  shownPasskey,
} from './passkeys.schemas.js';

@Controller()
export class PasskeysController {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly waysIn: WaysIn,
    private readonly rows: FactorRows,
    private readonly idempotency: Idempotency,
    private readonly cursors: Cursors,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/passkeys/options',
    tag: 'Accounts',
    summary: 'Get what a device needs to make a passkey',
    access: 'required',
    proven: true,
    answers: { 200: creationOptions },
    rate: 'signIn',
  })
  getPasskeyOptions(
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
  ): Promise<z.input<typeof creationOptions>> {
    return this.passkeys.creationOptions(caller, proof);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/me/passkeys',
    tag: 'Accounts',
    summary: 'Add a passkey: for signing in without a password, and as second factor',
    access: 'required',
    proven: true,
    body: passkeyMaking,
    answers: { 201: madePasskey },
    problems: ['passkey_refused', 'passkey_limit', 'gone'],
    idempotent: true,
    rate: 'signIn',
  })
  async addPasskey(
    @Input() input: z.output<typeof passkeyMaking>,
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @Req() request: ApiRequest,
  ): Promise<z.input<typeof madePasskey>> {
    const by = { caller, proof, from: originOf(request) };
    let recoveryCodes: string[] | null = null;
    const { id } = await this.idempotency.once(request, input, async (tx) => {
      const made = await this.passkeys.add(tx, by, input);
      ({ recoveryCodes } = made);
      return { status: 201, id: made.id };
    });
    const row = await this.rows.find(id);
    if (!row) throw problem('gone');
    return { ...shownPasskey(row), recoveryCodes };
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/passkeys',
    tag: 'Accounts',
    summary: 'One’s passkeys, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: passkeyList },
    problems: ['cursor_invalid'],
  })
  listPasskeys(@Input() input: ListInput, @CallerOf() { userId }: Caller, @Req() request: ApiRequest) {
    return this.cursors.list(
      pathOf(request),
      input,
      (page) => this.rows.passkeys(userId, page),
      (rows) => rows.map(shownPasskey),
    );
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/me/passkeys/:id',
    tag: 'Accounts',
    summary: 'Take a passkey away',
    access: 'required',
    proven: true,
    params: z.object({ id: pathId }),
    answers: { 204: null },
    problems: ['last_way_in'],
    rate: 'signIn',
  })
  async deletePasskey(
    @Input() { id }: { id: string },
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.waysIn.removePasskey(caller, { id, proof }, from);
  }
}
