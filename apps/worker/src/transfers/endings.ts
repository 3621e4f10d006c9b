/** Another attempt has begun, or the account was closed. */
export class Superseded extends Error {
  override name = 'Superseded';
}

/** An import goes on once there is room. */
export class NoRoom extends Error {
  override name = 'NoRoom';

  constructor(readonly lacks: 'quota' | 'disk') {
    super(`no room: ${lacks}`);
  }
}

/** Nothing can come of a zip, however often it is tried; `code` says why. */
export class CannotImport extends Error {
  override name = 'CannotImport';

  constructor(
    readonly code: 'zip_missing' | 'zip_invalid' | 'format_unknown' | 'too_many_entries',
    cause?: unknown,
  ) {
    super(code, { cause });
  }
}
