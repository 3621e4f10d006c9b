import { z } from 'zod';
import {
  rejections,
  renditionNames,
  renditions,
  sniffFormat,
  SNIFF_BYTES,
  type RejectionCode,
  type RenditionName,
} from '@app/platform/photos';
import type { Developed, DevelopedRendition } from './developed.js';
import type { FrameLimits } from './frames.js';

/** The longest reason that a child gives. */
const REASON = 2_000;

/** A rendition may have 18 million pixels (1080 x 16383), and few photos need a byte for one. */
export const ANSWER: FrameLimits = { head: 64 * 1024, body: 64 * 1024 * 1024 };

const side = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const rendition = z.object({ width: side, height: side, bytes: z.int().min(1).max(ANSWER.body) });
const reason = z.string().max(REASON);
const names = renditionNames as [RenditionName, ...RenditionName[]];
const codes = Object.keys(rejections) as [RejectionCode, ...RejectionCode[]];

/** The only answers that a child may give. It has read an untrusted photo: nothing else of its words is believed, least of all a path. */
const answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started') }),
  z.object({
    kind: z.literal('developed'),
    developed: z.object({
      width: side,
      height: side,
      thumbhash: z.base64().max(64),
      color: z.string().regex(/^#[0-9a-f]{6}$/),
      renditions: z.record(z.enum(names), rendition),
    }),
  }),
  z.object({ kind: z.literal('rejected'), code: z.enum(codes), reason }),
  z.object({ kind: z.literal('heavy'), bytes: z.number().positive() }),
  z.object({ kind: z.literal('failed'), reason }),
]);

export type Answer = z.infer<typeof answer>;

/** @throws when it is none */
export function readAnswer(head: unknown): Answer {
  return answer.parse(head);
}

/** Files and types are ours; the child decides sizes and bytes, which have to be what they are said to be. */
export function readDeveloped(
  { developed }: Extract<Answer, { kind: 'developed' }>,
  body: Buffer,
): { developed: Developed; files: { file: string; bytes: Buffer }[] } {
  let at = 0;
  const files: { file: string; bytes: Buffer }[] = [];
  const entries = renditionNames.map((name): [RenditionName, DevelopedRendition] => {
    const { file, type } = renditions[name];
    const said = developed.renditions[name];
    const bytes = body.subarray(at, (at += said.bytes));
    if (sniffFormat(bytes.subarray(0, SNIFF_BYTES)) !== type)
      throw new Error(`expected ${file} to be ${type}`);
    files.push({ file, bytes });
    return [name, { ...said, file, type }];
  });
  if (at !== body.length) throw new Error(`expected ${at} bytes of renditions but received ${body.length}`);
  return {
    developed: { ...developed, renditions: Object.fromEntries(entries) as Developed['renditions'] },
    files,
  };
}
