import { Injectable } from '@nestjs/common';
import { Closing, FactorUpkeep, Registrations } from '@app/domain';

/** What comes due in accounts. */
@Injectable()
export class AccountUpkeep {
  constructor(
    private readonly factors: FactorUpkeep,
    private readonly closing: Closing,
    private readonly registrations: Registrations,
  ) {}

  /** Erases closed accounts whose owners did not come back. */
  eraseClosed(limit: number): Promise<number> {
    return this.closing.eraseDue(limit);
  }

  /** Ends sign-ups on which no admin decided. */
  endWaiting(limit: number): Promise<number> {
    return this.registrations.expireDue(limit);
  }

  /** Seals secrets of second factors by the key that signs now: the one that sealed them leaves the ring some day. Carries out removals. */
  async tendFactors(limit: number): Promise<void> {
    await this.factors.sealAgain(limit);
    await this.factors.removeDue(limit);
  }
}
