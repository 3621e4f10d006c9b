import type { Id } from '@app/platform';

/** Followers a page: one read by key, one script call a group of keys. */
export const PAGE = 5_000;

/** The follower that a fan-out has reached; null when it is through. */
export type Progress = Id | null;
