import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, InstanceTexts, problem, type Config, type Id } from '@app/platform';
import { UnitOfWork, UserRows } from '@app/storage';

/**
 * The instance's terms: a new account accepts the version that holds; who has one is asked by the app when there is a new version,
 * and refused nothing: a client that knows of no terms goes on working.
 */
@Injectable()
export class TermsOfUse {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly texts: InstanceTexts,
    private readonly users: UserRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Null where there are none. */
  async current(): Promise<{ version: string; url: string } | null> {
    const version = await this.texts.version('terms');
    return version === null ? null : { version, url: `${this.config.publicUrl}/terms` };
  }

  /** The version that was accepted, where there are terms. @throws Problem 422 `terms_required` when it is missing or another */
  async accepted(given: string | undefined): Promise<string | null> {
    const current = await this.current();
    if (current === null) return null;
    if (given !== current.version) throw problem('terms_required', { params: current });
    return given;
  }

  /** @throws Problem 422 `terms_required` for another version than the one that holds */
  async accept(userId: Id, given: string): Promise<void> {
    const version = await this.accepted(given);
    if (version !== null) await this.work.run((tx) => this.users.acceptTerms(tx, userId, version));
  }
}
