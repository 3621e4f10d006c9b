/** What `npm run doctor` takes. The launcher reads it too, without a compiler: so this file imports nothing. */
export const doctorLine = {
  usage: `usage: npm run doctor

Looks at this machine and at the settings of Narwhal, changes nothing, and says in a sentence each what is in the way and
what to do about it. Exit code: 0 nothing is in the way, 1 something is.`,
} as const;
