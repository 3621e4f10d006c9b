import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, invitationOfCode, problem, type Config, type Id } from '@app/platform';
import { InvitationRows, UserRows, type Tx } from '@app/storage';
import { TermsOfUse } from './terms-of-use.js';

/** What a person shows to be let in. */
export interface Credentials {
  inviteCode?: string | undefined;
  acceptedTerms?: string | undefined;
  /** `YYYY-MM-DD`; it is looked at and not stored. */
  birthDate?: string | undefined;
}

/** Who comes in, as their row says. */
export interface Admitted {
  invitedBy: Id | null;
  terms: string | null;
  ageChecked: number | null;
  /** Whether an admin has to let them in. */
  waits: boolean;
}

/** Whole years at an instant's date in UTC. A birthday on 29 February is on 1 March in other years. */
export function ageAt(birthDate: string, now = new Date()): number {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number);
  const isBefore =
    now.getUTCMonth() + 1 < month || (now.getUTCMonth() + 1 === month && now.getUTCDate() < day);
  return now.getUTCFullYear() - year - (isBefore ? 1 : 0);
}

/** Who may come in: REGISTRATIONS, invitations, the terms and the minimum age. */
@Injectable()
export class Admission {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'REGISTRATIONS' | 'MINIMUM_AGE' | 'TOKEN_KEYS'>,
    private readonly terms: TermsOfUse,
    private readonly invitations: InvitationRows,
    private readonly users: UserRows,
  ) {}

  /**
   * Refuses before a password is hashed what no row decides, and what a repeated request cannot change.
   *
   * @throws Problem 403 `registrations_closed`, 422 `invite_required`, `too_young`
   */
  check({ inviteCode, birthDate }: Credentials): void {
    const { REGISTRATIONS: mode, MINIMUM_AGE: minimumAge } = this.config;
    if (mode === 'closed') throw problem('registrations_closed');
    if (mode === 'invite' && this.invitationOf(inviteCode) === null) throw problem('invite_required');
    if (minimumAge === 0) return;
    if (birthDate === undefined) {
      const errors = [{ pointer: '/birthDate', code: 'required', params: {} }];
      throw problem('validation_failed', { errors });
    }
    if (ageAt(birthDate) < minimumAge) throw problem('too_young', { params: { minimumAge } });
  }

  /**
   * Uses a place of the invitation. Where none is needed, a code that is no longer good does not matter. One answer for all
   * codes that are not good: it tells nobody which ones there were.
   *
   * @throws Problem 422 `invite_required`, `terms_required`
   */
  async admit(tx: Tx, { inviteCode, acceptedTerms }: Credentials): Promise<Admitted> {
    const { REGISTRATIONS: mode, MINIMUM_AGE: minimumAge } = this.config;
    const terms = await this.terms.accepted(acceptedTerms);
    const id = this.invitationOf(inviteCode);
    const used = id === null ? null : await this.invitations.use(tx, id);
    if (mode === 'invite' && !used) throw problem('invite_required');
    return {
      invitedBy: used?.inviter_id ?? null,
      terms,
      ageChecked: minimumAge || null,
      // An operator's or an admin's invitation is an approval.
      waits: mode === 'approval' && !(used && (await this.isAdmins(tx, used.inviter_id))),
    };
  }

  private invitationOf(code: string | undefined): Id | null {
    return code === undefined ? null : invitationOfCode(this.config.TOKEN_KEYS, code);
  }

  private async isAdmins(tx: Tx, inviter: Id | null): Promise<boolean> {
    return inviter === null || (await this.users.find(inviter, tx))?.role === 'admin';
  }
}
