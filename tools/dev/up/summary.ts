import type { Environment } from '../env.ts';
import { say } from '../say.ts';
import type { Metrics } from './settings.ts';

/** The URL by which the launcher itself reaches the api: loopback when it binds every address. */
export function localUrl({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

export function summarize(environment: Environment, metrics: Metrics, seconds: number): void {
  const { dataFolder } = environment;
  const url = localUrl(environment);
  say(`
Narwhal is ready (${seconds.toFixed(1)} s).

  API       ${url}/v1
  docs      ${url}/docs
  health    npm run admin -- health-link   (a link to the page for people; ${url}/health/ready for machines)
  mails     npm run admin -- mail-link     (a link to the mails to people; SMTP_URL sends them)
  watching  npm run top                    (in another terminal)
  metrics   ${localUrl(metrics.api)}/metrics (api), ${localUrl(metrics.worker)}/metrics (worker)
  data      ${dataFolder}
  logs      ${dataFolder}/logs

Sign up:

  curl -s ${url}/v1/users -H 'Content-Type: application/json' \\
    -d '{"username": "robin", "email": "robin@example.org", "password": "correct horse battery"}'

The first admin: sign up, and then in another terminal: npm run admin -- grant robin

Ctrl-C stops it; the data stays.
`);
}
