import { Global, Module, type Provider } from '@nestjs/common';
import { AccountRecord } from './accounts/account-record.js';
import { AccessTokens } from './accounts/access-tokens.js';
import { Accounts } from './accounts/accounts.js';
import { Closing } from './accounts/closing.js';
import { FactorChecks } from './accounts/factor-checks.js';
import { Factors } from './accounts/factors.js';
import { FactorRemovals } from './accounts/factor-removals.js';
import { FactorUpkeep } from './accounts/factor-upkeep.js';
import { Admission } from './accounts/admission.js';
import { AddressChanges } from './accounts/address-changes.js';
import { EmailReversals } from './accounts/email-reversals.js';
import { EmailVerifications } from './accounts/email-verifications.js';
import { ExportLinks, ExportMails, Exports } from './accounts/exports.js';
import { Imports } from './accounts/imports.js';
import { FirstWaysIn } from './accounts/first-ways-in.js';
import { Identities } from './accounts/identities.js';
import { IdentitySignIns } from './accounts/identity-sign-ins.js';
import { WaysIn } from './accounts/ways-in.js';
import { Guesses } from './accounts/guesses.js';
import { Leaving } from './accounts/leaving.js';
import { Letters } from './accounts/letters.js';
import { Invitations } from './accounts/invitations.js';
import { PasswordStrength } from './accounts/password-strength.js';
import { Passwords } from './accounts/passwords.js';
import { PasswordResets } from './accounts/password-resets.js';
import { ResetMails } from './accounts/reset-mails.js';
import { ResetRequests } from './accounts/reset-requests.js';
import { PasskeyCeremonies } from './accounts/passkey-ceremonies.js';
import { Passkeys } from './accounts/passkeys.js';
import { MailedCodes, MailedProofs } from './accounts/mailed-proofs.js';
import { Proofs } from './accounts/proofs.js';
import { RefreshTokens } from './accounts/refresh-tokens.js';
import { People } from './accounts/people.js';
import { Profiles } from './accounts/profiles.js';
import { SecondFactors } from './accounts/second-factors.js';
import { RegistrationMails } from './accounts/registration-mails.js';
import { Registrations } from './accounts/registrations.js';
import { Sessions } from './accounts/sessions.js';
import { SignUps } from './accounts/sign-ups.js';
import { TermsOfUse } from './accounts/terms-of-use.js';
import { TokenRotation } from './accounts/token-rotation.js';
import { VerificationRequests } from './accounts/verification-requests.js';
import { VerifiedEmails } from './accounts/verified-emails.js';
import { IdentityProviders } from './identities/identity-providers.js';
import { Comments } from './comments/comments.js';
import { Quota } from './photos/quota.js';
import { PhotoAccess } from './photos/photo-access.js';
import { Photos } from './photos/photos.js';
import { Uploads } from './photos/uploads.js';
import { PostAccess } from './posts/post-access.js';
import { PostIndex } from './posts/post-index.js';
import { Posts } from './posts/posts.js';
import { Removal } from './posts/removal.js';
import { TextEntities } from './posts/text-entities.js';
import { Likes } from './reactions/likes.js';
import { Saves } from './reactions/saves.js';
import { Relations } from './relations/relations.js';
import { Suggestions } from './relations/suggestions.js';
import { Visibility } from './visibility/visibility.js';

const rules: Provider[] = [
  Visibility,
  AccountRecord,
  AccessTokens,
  RefreshTokens,
  TokenRotation,
  PasswordStrength,
  Guesses,
  Passwords,
  Sessions,
  Accounts,
  Closing,
  Letters,
  ResetMails,
  TermsOfUse,
  Admission,
  Invitations,
  RegistrationMails,
  Registrations,
  ResetRequests,
  PasswordResets,
  PasskeyCeremonies,
  FactorChecks,
  SecondFactors,
  VerificationRequests,
  AddressChanges,
  EmailVerifications,
  EmailReversals,
  VerifiedEmails,
  FirstWaysIn,
  SignUps,
  Proofs,
  MailedCodes,
  MailedProofs,
  Factors,
  FactorRemovals,
  FactorUpkeep,
  Leaving,
  Passkeys,
  IdentityProviders,
  Identities,
  IdentitySignIns,
  WaysIn,
  Exports,
  Imports,
  ExportLinks,
  ExportMails,
  People,
  Profiles,
  PostAccess,
  Relations,
  Suggestions,
  Likes,
  Saves,
  Comments,
  PostIndex,
  Posts,
  Removal,
  TextEntities,
  Quota,
  Photos,
  PhotoAccess,
  Uploads,
];

/** The rules that api and worker share. Needs PlatformModule, StorageModule and FeedModule. */
@Global()
@Module({ providers: rules, exports: rules })
export class DomainModule {}
