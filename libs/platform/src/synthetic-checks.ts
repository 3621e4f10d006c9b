/** What a synthetic person goes through, in this order. */
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

/** What the last check by a worker's synthetic person came to, as others hear of it. */
export interface SyntheticFact {
  /** ISO 8601. */
  at: string;
  /** Since when checks come to the same; ISO 8601. */
  since: string;
  /** The step that failed; null: none. */
  failed: SyntheticStep | null;
  /** The call and what came of it. */
  why: string | null;
}
