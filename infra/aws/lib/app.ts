import { readFileSync } from 'node:fs';
import { App, Tags, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { EdgeStack } from './edge-stack.ts';
import { acknowledgeFindings } from './findings.ts';
import { NarwhalStack } from './narwhal-stack.ts';
import { GLOBAL_REGION, readSettings, type Settings } from './settings.ts';

export interface Narwhal {
  app: App;
  settings: Settings;
  edge: EdgeStack;
  main: NarwhalStack;
}

interface Options extends AppProps {
  /** False to see every finding again, reasons or not. */
  acknowledged?: boolean;
}

/** How this version of CDK is to behave. The CLI reads the file by itself; tests and `npm run synth` have no CLI. */
const { context: flags } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

/** The whole app, not yet synthesised. A finding of cdk-nag that nobody has given a reason for fails the synthesis. */
export function narwhal({ context, acknowledged = true, ...props }: Options = {}): Narwhal {
  const app = new App({ analyticsReporting: false, context: { ...flags, ...context }, ...props });
  const settings = readSettings(app.node);
  const { account, region } = settings;
  const crossRegionReferences = region !== GLOBAL_REGION;
  const edge = new EdgeStack(app, settings, {
    env: { account, region: GLOBAL_REGION },
    crossRegionReferences,
    description: 'Narwhal: what AWS keeps in us-east-1',
  });
  const main = new NarwhalStack(app, settings, edge, {
    env: { account, region },
    crossRegionReferences,
    terminationProtection: true,
    description: 'Narwhal: a photo-sharing backend',
  });
  // CDK would tag a resource that CloudFormation says has no tags.
  Tags.of(app).add('application', 'narwhal', { excludeResourceTypes: ['AWS::RDS::DBProxyTargetGroup'] });
  if (acknowledged) acknowledgeFindings(main);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, settings, edge, main };
}
