import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALARMS } from '../cost/monthly.ts';
import { propertiesOf, synthesised } from './synthesised.ts';

const { main, edge } = synthesised({ size: 'medium' });

test('docs/aws.md says how much there is of it', () => {
  const page = readFileSync(new URL('../../../docs/aws.md', import.meta.url), 'utf8');
  const [inMain, inEdge] = [main, edge].map(
    (template) => Object.keys((template.toJSON() as { Resources: object }).Resources).length,
  );
  expect(page).toContain(`${inMain} + ${inEdge} resources in two stacks`);
  expect(page).toContain(`none without; ${ALARMS} alarms`);
});

describe('machines', () => {
  interface Statement {
    Action: string | string[];
    Resource: unknown;
    Condition?: unknown;
  }
  const statementsOf = (kind: string): Statement[] =>
    propertiesOf(main, 'AWS::IAM::Policy')
      .filter(({ PolicyName }) => String(PolicyName).startsWith(kind))
      .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement);

  test.each(['WebMachines', 'WorkersMachines'])('%s may do what they do, and nothing else', (kind) => {
    const statements = statementsOf(kind);
    const actions = statements.flatMap(({ Action }) => Action);
    expect(new Set(actions.map((action) => action.split(':')[0]))).toEqual(
      new Set([
        's3',
        'secretsmanager',
        'logs',
        'cloudwatch',
        'cloudformation',
        ...(kind === 'WebMachines' ? ['cloudfront-keyvaluestore'] : []),
      ]),
    );
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    const everywhere = statements.filter(({ Resource }) => Resource === '*');
    expect(
      everywhere.every(({ Action, Condition }) => Action === 'cloudwatch:PutMetricData' && Condition),
    ).toBe(true);
  });

  test('leave their logs behind, for a month', () => {
    main.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Retain',
    });
  });
});

describe('alarms', () => {
  test('all open and close an incident, and say what to look at', () => {
    const woken = [main, edge].flatMap((template) =>
      propertiesOf(template, 'AWS::CloudWatch::Alarm').filter(
        ({ AlarmDescription }) => AlarmDescription !== undefined,
      ),
    ) as { AlarmDescription: string; AlarmActions?: unknown[]; OKActions?: unknown[] }[];
    const ours = woken.filter(({ OKActions }) => OKActions);
    const count = [main, edge].flatMap((template) => propertiesOf(template, 'AWS::CloudWatch::Alarm')).length;
    expect(count).toBe(ALARMS);
    expect(ours.length).toBeGreaterThanOrEqual(19);
    for (const alarm of ours) {
      expect(alarm.AlarmActions).toHaveLength(1);
      expect(alarm.AlarmDescription).toMatch(/(Look at|Raise|Take|none runs)/);
    }
  });

  test('reach PagerDuty from both regions by a URL that no template shows', () => {
    for (const template of [main, edge]) {
      template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'https' });
      const { Parameters } = template.toJSON() as { Parameters: Record<string, { NoEcho?: boolean }> };
      expect(
        Object.entries(Parameters).some(([name, { NoEcho }]) => name.includes('PagerDutyUrl') && NoEcho),
      ).toBe(true);
    }
  });
});
