// Runs once on a new machine, on the Node of Narwhal's package: writes what Narwhal is told, for /etc/narwhal/local.env.
//   node settings.mjs PLAN.json > /etc/narwhal/local.env
// The plan names secrets; their values go from Secrets Manager into that one file, never through user data.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Plan
 * @property {string} region
 * @property {string} domain
 * @property {string} mediaDomain
 * @property {string} bucket
 * @property {string} poolHost where PostgreSQL's pool listens
 * @property {string} primaryHost where PostgreSQL itself listens
 * @property {string} redis host:port, the configuration endpoint of a cluster
 * @property {boolean} redisCluster
 * @property {string | undefined} redisQueue host:port, where the queue has a Redis of its own
 * @property {{ database: string, databaseRole: string, tokenKeys: string, mediaKeys: string, redisPassword: string }} secrets ids of secrets
 */

/** @type {Plan} */
const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

/**
 * @param {string} id
 * @returns {string}
 */
function secret(id) {
  const question = ['secretsmanager', 'get-secret-value', '--secret-id', id, '--region', plan.region];
  return execFileSync('aws', [...question, '--query', 'SecretString', '--output', 'text'], {
    encoding: 'utf8',
  }).trim();
}

/**
 * `{"k1": "…", "k2": "…"}` as `k1:…,k2:…`: the first signs, all of them verify.
 *
 * @param {string} json
 */
function keyring(json) {
  return Object.entries(JSON.parse(json))
    .map(([id, key]) => `${id}:${key}`)
    .join(',');
}

/**
 * A role of PostgreSQL, as an address names it.
 *
 * @param {string} id
 */
function person(id) {
  const { username, password } = JSON.parse(secret(id));
  return `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
}

const redisPassword = encodeURIComponent(secret(plan.secrets.redisPassword));
const scheme = plan.redisCluster ? 'rediss+cluster' : 'rediss';

/** @type {Record<string, string | undefined>} */
const settings = {
  PUBLIC_URL: `https://${plan.domain}`,
  MEDIA_URL: `https://${plan.mediaDomain}`,
  // The pool's certificate is of a public authority; the server's own is of RDS, whose authorities are in this file.
  DATABASE_URL: `postgres://${person(plan.secrets.databaseRole)}@${plan.poolHost}:5432/narwhal?sslmode=verify-full`,
  DATABASE_DIRECT_URL: `postgres://${person(plan.secrets.database)}@${plan.primaryHost}:5432/narwhal?sslmode=verify-full&sslrootcert=/etc/narwhal/rds.pem`,
  REDIS_URL: `${scheme}://:${redisPassword}@${plan.redis}`,
  REDIS_QUEUE_URL: plan.redisQueue && `rediss://:${redisPassword}@${plan.redisQueue}`,
  S3_BUCKET: plan.bucket,
  S3_REGION: plan.region,
  S3_FORCE_PATH_STYLE: 'off',
  TOKEN_KEYS: keyring(secret(plan.secrets.tokenKeys)),
  MEDIA_KEYS: keyring(secret(plan.secrets.mediaKeys)),
};

// The package's own keyrings are of one machine: a name without a value takes them away.
process.stdout.write('TOKEN_KEYS_FILE=\nMEDIA_KEYS_FILE=\nNGINX_SENDS_FILES=off\n');
for (const [name, value] of Object.entries(settings)) {
  if (value) process.stdout.write(`${name}=${value}\n`);
}
