/**
 * A person's use on a day that they open the app: the assumptions behind the table of docs/aws.md, to be replaced by
 * an instance's own figures (`/metrics` has each).
 */
export const perPerson = {
  /** Pictures looked at, and the size of one as sent: `w1080.webp`, with smaller ones among them. */
  pictures: 100,
  pictureKb: 80,
  /** Photos posted, and what one keeps: its original and seven renditions. */
  photos: 0.2,
  photoMb: 4,
  /** Requests to the api, and what one answers. */
  requests: 60,
  answerKb: 8,
  /** The size of a request's line in the log. */
  logKb: 0.5,
} as const;

/** The table is of the day on which an instance is a year old. */
export const monthsOfPhotos = 12;

export const DAYS = 30.4;
