import type { RenditionName, Size } from '@app/platform/photos';

/** The cost limits of one photo; `limits.photo` of the platform fits. Passed in, because the child has no configuration. */
export interface DevelopLimits {
  pixels: number;
  /** The limit for an AVIF; by default the same as for every other format. */
  avifPixels?: number;
  /** Accepted media types. */
  formats: readonly string[];
  /** In CPU seconds. */
  developSeconds: number;
  /** The attempt is aborted after these seconds of wall-clock time; this does not count against the photo. */
  attemptSeconds?: number;
  /** Bytes that the child may occupy. */
  childMemory: number;
}

export interface DevelopRequest {
  inputPath: string;
  /** An existing folder, only for this photo and this attempt. */
  outputFolder: string;
  /** Bytes that the photo may hold while it is decoded; set by the pool. */
  mayHold?: number;
  /** With no other photo open beside it. */
  alone?: boolean;
  /** Whether the machine's own HEIC decoder may be used if it has one. */
  systemHeif?: boolean;
  limits: DevelopLimits;
}

export interface DevelopedRendition extends Size {
  /** The file's name in the output folder, which is also its object's name. */
  file: string;
  bytes: number;
  type: string;
}

export interface Developed extends Size {
  /** Standard base64. */
  thumbhash: string;
  /** #rrggbb */
  color: string;
  renditions: Record<RenditionName, DevelopedRendition>;
}
