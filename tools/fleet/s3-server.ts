import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdirSync } from 'node:fs';
import { childEnvironment } from '../dev/env.ts';
import { keptSecret } from '../dev/secrets.ts';
import { accessKeyId, startRadosgw } from '../dev/radosgw.ts';

/** `node s3-server.ts FOLDER HOST PORT SECRET-FILE`: a fleet's durable S3 server as one process with its daemons. */
const [folder = '', host = '', port = '', secretFile = ''] = process.argv.slice(2);
const bucket = 'narwhal';

mkdirSync(folder, { recursive: true });
const secretAccessKey = keptSecret(secretFile);
const env = Object.fromEntries(
  Object.entries(childEnvironment()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
let asked = false;
const stopped = new Promise<void>((settle) => {
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      asked = true;
      settle();
    });
});
const server = await startRadosgw({ folder, host, port: Number(port), secretAccessKey, env, durable: true });
const client = new S3Client({
  endpoint: server.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId, secretAccessKey },
});
await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: Error) => {
  if (!/BucketAlready/.test(error.name)) throw error;
});
client.destroy();
if (!asked) process.stdout.write(`serves ${server.endpoint}\n`);
await stopped;
await server.stop();
process.exit(0);
