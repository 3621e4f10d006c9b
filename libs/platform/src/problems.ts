/** One fault of one field: where (JSON pointer into the body, or a parameter's name) and why. */
export interface FieldFault {
  pointer?: string;
  parameter?: string;
  code: string;
  params: Record<string, unknown>;
}

interface ProblemOptions {
  params?: Record<string, unknown>;
  errors?: FieldFault[];
  headers?: Record<string, string>;
  /** For the log alone; never sent. */
  cause?: unknown;
}

/** A refusal that a client can act on: RFC 9457 with a stable `code`. `detail` is English and safe to show to developers. */
export class Problem extends Error {
  override name = 'Problem';
  readonly params: Record<string, unknown>;
  readonly errors: FieldFault[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.params = options.params ?? {};
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

type Row = readonly [status: number, detail: string];

/**
 * The table of every refusal: `code: [status, detail]`. `{name}` in a detail is filled from `params`, which are also sent.
 * Adding a row here adds the code to `problem`, to the contract and to the documentation; its `params` are described in
 * `problemParams`.
 */
export const problemTable = {
  json_invalid: [400, 'The body is not valid JSON.'],
  request_invalid: [400, 'The request could not be read: {reason}.'],
  cursor_invalid: [400, 'The cursor was not made by this list; start again without it.'],
  body_incomplete: [400, 'The body ended before it was complete; send the request again.'],
  token_missing: [401, 'This needs an access token: Authorization: Bearer <accessToken>.'],
  token_expired: [401, 'The access token has expired; refresh the session.'],
  token_invalid: [401, 'The access token is not one that this server made.'],
  session_ended: [401, 'The session has ended; sign in again.'],
  bad_credentials: [401, 'The login or the password is wrong.'],
  identity_refused: [401, 'This token or code is not good, or was used; sign in at the provider again.'],
  second_factor_required: [401, 'The password is right; answer the challenge with a second factor.'],
  password_wrong: [403, 'The password is wrong.'],
  token_used: [403, 'This link has been used, has expired, or was replaced; ask for another.'],
  code_wrong: [403, 'This code is wrong, was used, or is no longer valid.'],
  identity_wrong: [403, 'This token or code is not good, was used, or is of somebody else at the provider.'],
  sign_up_expired: [403, 'This sign-up took too long; sign in at the provider again.'],
  passkey_refused: [
    403,
    'This passkey is not known here, or what it signed is good no longer; ask for new options.',
  ],
  challenge_expired: [403, 'This sign-in took too long, or the account has changed since; begin it again.'],
  second_factor_missing: [403, 'The account has a second factor: send it, too.'],
  proof_not_mailed: [
    403,
    'No proof is mailed for this account: its address is not verified, or it has a second factor, which proves more.',
  ],
  proof_required: [403, 'This needs a fresh proof of who you are: Narwhal-Proof, from POST /v1/me/proofs.'],
  email_unverified: [403, 'Verify your email address first: this instance asks for that before one posts.'],
  registrations_closed: [403, 'This instance takes no new accounts.'],
  approval_pending: [403, 'This account waits until an admin of the instance lets it in; a mail will tell.'],
  url_expired: [403, 'This media URL has expired; read the photo again for a new one.'],
  url_invalid: [403, 'This media URL was altered or not made by this server.'],
  not_found: [404, 'There is nothing here that you may see.'],
  method_not_allowed: [405, 'This path answers {allow}.'],
  request_timeout: [408, 'The request took too long to arrive; send it again.'],
  idempotency_in_progress: [409, 'The first request with this Idempotency-Key is still running; try again.'],
  username_taken: [409, 'This username is taken.'],
  identity_taken: [409, 'Another account signs in by this identity; unlink it there first.'],
  last_way_in: [
    409,
    'Nobody could sign in any more without this; set a password by a reset, or add a passkey or a provider, first.',
  ],
  no_second_factor: [409, 'Recovery codes stand in for a second factor, and the account has none.'],
  photo_in_use: [409, 'A post or a profile shows this photo; delete the post or change the avatar instead.'],
  photo_not_ready: [409, 'The photo {photoId} is still being developed; try again when it is ready.'],
  post_not_published: [409, 'The post is {state}: this is for posts that are published.'],
  upload_offset: [409, 'The upload goes on at byte {offset}; ask for it by HEAD.'],
  upload_not_arrived: [
    409,
    'The store has {actual} of {expected} bytes of this upload; send them, then complete it.',
  ],
  upload_taken_over: [409, 'A newer request goes on with this upload; ask by HEAD how far it is.'],
  gone: [410, 'What this request made has been deleted since.'],
  upload_gone: [410, 'This upload is over: it has expired, was ended or was refused; begin another.'],
  list_expired: [410, 'This ranked list is no longer held; start again without the cursor.'],
  expectation_failed: [417, 'Expected Expect: 100-continue or none but received {received}.'],
  range_not_satisfiable: [416, 'This has fewer bytes than the range begins at.'],
  tus_version: [412, 'Expected the header Tus-Resumable: {expected} but received {received}.'],
  photo_too_large: [413, 'A photo may have {limit} bytes.'],
  body_too_large: [413, 'This body may have {limit} bytes.'],
  unsupported_media_type: [415, 'Expected {expected} but received {received}.'],
  too_many_pieces: [422, 'An upload may come in {limit} pieces; begin another and send more at once.'],
  not_supported_by_store: [
    422,
    'This instance keeps photos where clients cannot put them themselves; see features of GET /v1/instance.',
  ],
  quota_exceeded: [422, 'The quota {quota} is {limit}, which this would exceed.'],
  password_too_weak: [422, 'This password is too easy to guess. {reason}'],
  invite_required: [422, 'This instance asks for an invitation that is still good.'],
  invitation_limit: [422, 'One may invite {limit} people in a week, once the account is old enough.'],
  terms_required: [422, 'Expected acceptedTerms to be {version}, the version of the terms at {url}.'],
  too_young: [422, 'This instance is for people of {minimumAge} years or more.'],
  validation_failed: [422, 'Some fields are not as expected; see errors.'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used for another request.'],
  photo_rejected: [422, 'The photo {photoId} could not be developed: {reason}.'],
  photo_not_found: [422, 'There is no photo {photoId} of yours.'],
  photo_not_in_post: [
    422,
    'The post does not show the photo {photoId}: its photos may be put into another order or left out, none is added.',
  ],
  photo_already_posted: [422, 'The photo {photoId} is in a post already.'],
  self_not_allowed: [422, 'This cannot be done to oneself.'],
  follow_limit: [422, 'One may follow {limit} people.'],
  passkey_limit: [422, 'One may have {limit} passkeys.'],
  collection_limit: [422, 'One may have {limit} collections.'],
  reply_not_allowed: [422, 'A reply answers a comment of the same post.'],
  comments_closed: [403, 'The author has closed comments on this post.'],
  rate_limited: [429, 'Too many requests; try again in {retryAfter} seconds.'],
  checksum_mismatch: [460, 'The bytes are not those of Upload-Checksum; send them again.'],
  headers_too_large: [431, 'The address and headers of this request are too long.'],
  internal_error: [500, 'Something went wrong here; the request id names it in the log.'],
  busy: [503, 'The server is busy; try again in {retryAfter} seconds.'],
  provider_unavailable: [503, 'The provider {provider} does not answer as it should; try again shortly.'],
  unavailable: [503, 'Something that this needs is away; try again shortly.'],
  disk_full: [507, 'The server has no room for uploads at present.'],
} as const satisfies Record<string, Row>;

export type ProblemCode = keyof typeof problemTable;

/** Wire codes differ from the table's key where a refusal is 401 at sign-in and 403 elsewhere. */
const wireCodes: Partial<Record<ProblemCode, string>> = {
  password_wrong: 'bad_credentials',
  identity_wrong: 'identity_refused',
  second_factor_missing: 'second_factor_required',
};

function fill(detail: string, params: Record<string, unknown>): string {
  return detail.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? '?'));
}

/** Quotes the value that was sent, but not all 16 kB of a header. */
const MOST_QUOTED = 500;
const cut = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, MOST_QUOTED) : value);

/** Makes the refusal of a code: `throw problem('photo_too_large', { params: { limit } })`. */
export function problem(code: ProblemCode, options: ProblemOptions = {}): Problem {
  const [status, detail] = problemTable[code];
  const params = Object.fromEntries(
    Object.entries(options.params ?? {}).map(([name, value]) => [name, cut(value)]),
  );
  return new Problem(status, wireCodes[code] ?? code, fill(detail, params), { ...options, params });
}

export const tooMany = (retryAfter: number): Problem =>
  problem('rate_limited', { params: { retryAfter }, headers: { 'retry-after': String(retryAfter) } });
