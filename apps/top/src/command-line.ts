/** What `npm run top` takes. The launcher reads it too, without a compiler: so this file imports nothing. */
export const topLine = {
  usage: `usage: npm run top [-- HOST:PORT] [--once]

  HOST:PORT   the operators' listener of any process (METRICS_ADDR), which asks all others; without it, the api's of the
              Narwhal that runs here, else 127.0.0.1:9464
  --once      everything once, for a file or a pipe; a terminal shows what it has room for, every two seconds; q ends`,
  options: { once: { type: 'boolean' } },
  words: 1,
} as const;
