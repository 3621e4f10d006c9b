import { z } from 'zod';

/** Settings of what an instance says of itself, and who may come in; a part of `everySetting`. */
export const instanceSettings = {
  INSTANCE_NAME: z.string().max(60).default('Narwhal').describe('The name that clients show.'),
  REGISTRATIONS: z
    .enum(['open', 'invite', 'approval', 'closed'])
    .default('open')
    .describe(
      'Who may sign up: `open` (everybody), `invite` (by an invitation), `approval` (an admin lets each one in), `closed` (nobody).',
    ),
  MINIMUM_AGE: z.coerce
    .number()
    .int()
    .min(0)
    .max(99)
    .default(0)
    .describe('The age in years that sign-up asks for; the birth date is not stored. 0 asks for none.'),
  PAGES_DIR: z
    .string()
    .default('.narwhal/pages')
    .describe(
      'The folder of your texts in Markdown: `about.md`, `terms.md`, `privacy.md`, `rules.md`, `terms.de.md`; read anew when they change.',
    ),
  CONTACT: z
    .string()
    .regex(/^(https?:\/\/\S+|[^\s@]+@[^\s@]+)$/, 'expected an email address or an http(s) address')
    .max(300)
    .optional()
    .describe('Where people reach you: an email address, or the address of a page.'),
};
