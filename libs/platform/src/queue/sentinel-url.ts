/** A Redis whose primary sentinels choose: they are asked for its address under this name. */
interface Sentinels {
  name: string;
  sentinels: { host: string; port: number }[];
  sentinelUsername?: string;
  sentinelPassword?: string;
}

/**
 * One URL for everybody who opens a connection: `REDIS_URL`, whose host is the primary's name, with the value of
 * `REDIS_SENTINELS` behind it.
 */
export function throughSentinels(url: string, sentinels: string): string {
  const whole = new URL(url.replace(/^(rediss?):/, '$1+sentinel:'));
  whole.searchParams.set('sentinels', sentinels);
  return whole.href;
}

/** Null for a URL without sentinels. */
export function sentinelsOf(url: string): Sentinels | null {
  if (!/^rediss?\+sentinel:/.test(url)) return null;
  const { hostname, searchParams } = new URL(url);
  const [, person, addresses = ''] = /^(?:(.*)@)?(.*)$/.exec(searchParams.get('sentinels') ?? '') ?? [];
  const [username = '', password = ''] = (person ?? '').split(':').map(decodeURIComponent);
  return {
    name: decodeURIComponent(hostname),
    sentinels: addresses.split(',').map((address) => {
      const [host = '', port] = address.split(':');
      return { host, port: Number(port) };
    }),
    ...(username ? { sentinelUsername: username } : {}),
    ...(password ? { sentinelPassword: password } : {}),
  };
}
