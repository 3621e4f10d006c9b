import { Controller, Req } from '@nestjs/common';
import { Registrations } from '@app/domain';
import { RegistrationRows, UserRows, type Origin, type RegistrationRow } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { decision, registration, registrationList, registrationOf } from './registrations.schemas.js';

const params = z.object({ id: pathId });

@Controller()
export class RegistrationsController {
  constructor(
    private readonly registrations: Registrations,
    private readonly rows: RegistrationRows,
    private readonly users: UserRows,
    private readonly cursors: Cursors,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/admin/registrations',
    tag: 'Operators',
    summary: 'Who signed up and waits for an admin, oldest first',
    access: 'admin',
    query: listQuery,
    answers: { 200: registrationList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listRegistrations(@Input() input: ListInput, @Req() request: ApiRequest) {
    return this.cursors.list(
      pathOf(request),
      input,
      // Oldest first, so that `cursor` leads to later ones.
      (page) => this.rows.page({ ...page, before: page.after, after: page.before }),
      (rows) => this.shown(rows),
    );
  }

  @Endpoint({
    method: 'GET',
    path: '/admin/registrations/:id',
    tag: 'Operators',
    summary: 'Somebody who signed up and waits for an admin',
    access: 'admin',
    params,
    answers: { 200: registration },
    problems: ['not_found'],
  })
  async getRegistration(@Input() { id }: { id: string }) {
    const [shown] = await this.shown([await this.registrations.find(id)]);
    return shown;
  }

  @Endpoint({
    method: 'PUT',
    path: '/admin/registrations/:id',
    tag: 'Operators',
    summary: 'Let somebody in, or refuse them, which deletes what they gave; a mail tells them',
    access: 'admin',
    params,
    body: decision,
    answers: { 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async decideRegistration(
    @Input() { id, state, reason }: { id: string } & z.output<typeof decision>,
    @CallerOf() { userId }: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.registrations.decide(id, { state, reason }, { adminId: userId }, from);
  }

  private async shown(rows: readonly RegistrationRow[]) {
    const inviters = await this.users.findMany(rows.flatMap(({ invited_by }) => invited_by ?? []));
    return rows.map((row) => registrationOf(row, inviters));
  }
}
