import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { narwhal } from '../lib/app.ts';
import { countAcknowledged } from '../lib/findings.ts';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-nag-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Report {
  pluginReports: { pluginName: string; violations: { ruleName: string; violatingConstructs: unknown[] }[] }[];
}

test.each(['off', 'on'])(
  'each reason stands where cdk-nag finds something, with a Redis cluster %s',
  (redisCluster) => {
    vi.spyOn(console, 'error').mockReturnValue(undefined);
    const { app, main } = narwhal({
      acknowledged: false,
      outdir: join(folder, redisCluster),
      context: { redisCluster },
    });
    expect(() => app.synth()).toThrow('validation-report.json');
    const report = JSON.parse(
      readFileSync(join(folder, redisCluster, 'validation-report.json'), 'utf8'),
    ) as Report;
    const found = report.pluginReports.flatMap(({ violations }) => violations);
    expect(found.filter(({ ruleName }) => !ruleName.startsWith('AwsSolutions-'))).toEqual([]);
    const places = found.reduce((sum, { violatingConstructs }) => sum + violatingConstructs.length, 0);
    expect(places).toBe(countAcknowledged(main));
    const page = readFileSync(new URL('../../../docs/aws.md', import.meta.url), 'utf8');
    expect(page).toContain(redisCluster === 'on' ? `(${places} with the cluster)` : `${places} places where`);
  },
);
