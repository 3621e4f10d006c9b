/** What a synthetic person goes through, in this order. */
export const visitSteps = [
  'account',
  'sign_in',
  'upload',
  'develop',
  'post',
  'feed',
  'media',
  'clean_up',
] as const;

export type VisitStep = (typeof visitSteps)[number];

/** What the last visit of a worker's synthetic person came to, as others hear of it. */
export interface VisitFact {
  /** ISO 8601. */
  at: string;
  /** Since when visits come to the same; ISO 8601. */
  since: string;
  /** The step that failed; null: none. */
  failed: VisitStep | null;
  /** The call and what came of it. */
  why: string | null;
}
