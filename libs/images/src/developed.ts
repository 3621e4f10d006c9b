import type { RenditionName, Size } from '@app/platform/photos';

/** What one photo may cost; `limits.photo` of the platform fits. Handed over, because the child knows no configuration. */
export interface DevelopLimits {
  pixels: number;
  /** Of an AVIF; as of every other format where it is not told. */
  avifPixels?: number;
  /** Media types that are taken. */
  formats: readonly string[];
  /** Of the processors' time. */
  developSeconds: number;
  /** After so many seconds by the clock the attempt is given up, by no fault of the photo. */
  attemptSeconds?: number;
  /** Bytes that the child may occupy. */
  childMemory: number;
}

export interface DevelopRequest {
  inputPath: string;
  /** An existing folder, of this photo and attempt alone. */
  outputFolder: string;
  /** Bytes that the photo may hold while it is decoded; the pool's to say. */
  mayHold?: number;
  /** With no other photo open beside it. */
  alone?: boolean;
  /** Whether the machine's own decoder of HEIC may be used where there is one. */
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
