/** The steps of a synthetic check, in this order. */
export const syntheticSteps = [
  'account',
  'sign_in',
  'upload',
  'develop',
  'post',
  'feed',
  'media',
  'clean_up',
] as const;

export type SyntheticStep = (typeof syntheticSteps)[number];

/** The result of a worker's last synthetic check, as other processes receive it. */
export interface SyntheticFact {
  /** ISO 8601. */
  at: string;
  /** Since when the checks have had this result; ISO 8601. */
  since: string;
  /** The step that failed; null: none. */
  failed: SyntheticStep | null;
  /** The call and its result. */
  why: string | null;
}
