export const scaleLine = {
  usage: `usage: npm run bench -- scale [--sizes 10000,100000,1000000] [--write]

  --sizes   how many people; one size after the other
  --write   into docs/scale.md, where they replace what was measured at these sizes`,
  options: { sizes: { type: 'string' }, write: { type: 'boolean' } },
} as const;
