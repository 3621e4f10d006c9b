import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { narwhal } from '../lib/app.ts';

/** Synthesises both stacks as a deployment would: a finding without a reason throws. */
export function synthesised(context: Record<string, unknown> = {}): { main: Template; edge: Template } {
  const outdir = mkdtempSync(join(tmpdir(), 'narwhal-cdk-'));
  try {
    const { app, main, edge } = narwhal({ outdir, context });
    app.synth();
    return { main: Template.fromStack(main), edge: Template.fromStack(edge) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The properties of every resource of a type, such as `AWS::EC2::Subnet`. */
export function propertiesOf(template: Template, type: string): Record<string, unknown>[] {
  return Object.values(template.findResources(type)).map(
    (found) => found.Properties as Record<string, unknown>,
  );
}
