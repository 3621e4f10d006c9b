export const peopleLine = {
  usage: `usage: npm run bench -- people [--users 1000000] [--requests 400] [--keep FOLDER] [--list PATH] [--plans]

  --users     how many people; the rest in proportion (posts x 5, likes and follows x 15 each). A million take some
              15 minutes on two cores, and 20 GB of disk; ten thousand take half a minute and 0.4 GB
  --requests  how often each list is asked over HTTP
  --keep      where the database stays for the next run; without it, it is removed in the end
  --list      one list alone, such as /v1/search
  --plans     judges the plans and leaves the times out
  --report    a file for how many lists keep the rules and how many do not, in the form of the test runner's report`,
  options: {
    users: { type: 'string' },
    requests: { type: 'string' },
    keep: { type: 'string' },
    plans: { type: 'boolean' },
    list: { type: 'string' },
    report: { type: 'string' },
  },
} as const;

export const scaleLine = {
  usage: `usage: npm run bench -- scale [--sizes 10000,100000,1000000] [--write]

  --sizes   how many people; one size after the other
  --write   into docs/measurements/scale.md, where they replace what was measured at these sizes`,
  options: { sizes: { type: 'string' }, write: { type: 'boolean' } },
} as const;

export const hundredLine = {
  usage: `usage: npm run bench -- hundred [--instances 100] [--report FILE]

  --instances  how many apis, 10 to 100, and a tenth as many workers; a hundred take 20 GiB of free memory
  --report     a file for how many goals are held and how many are not, in the form of the test runner's report`,
  options: { instances: { type: 'string' }, report: { type: 'string' } },
} as const;
