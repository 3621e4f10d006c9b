import type { Id } from '@app/platform';

/** Followers per page: one read by key, one script call per group of keys. */
export const PAGE = 5_000;

/** The last follower that a fan-out has reached; null when it is complete. */
export type Progress = Id | null;
