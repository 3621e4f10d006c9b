/** The part of an event of PagerDuty's Events API v2 that we send. */
export interface Incident {
  /** Names the incident: the same fault has the same key, so that a trigger repeats nothing and a resolve finds it. */
  key: string;
  action: 'trigger' | 'resolve';
  summary: string;
  /** The machine or the instance. */
  source: string;
  severity: 'critical' | 'error' | 'warning' | 'info';
  component: string;
  /** The alert's name. */
  class: string;
  /** The runbook's file, from the root of the project. */
  runbook?: string;
  details?: Readonly<Record<string, string | number>>;
}

export interface PagerDutySettings {
  routingKey: string;
  url: string;
  /** Prefix of the runbooks' addresses. */
  runbooks?: string;
}

/** PagerDuty's response to an event. `kept`: not accepted, retry later. `refused`: never will be (a wrong key, a bug of ours). */
export type Delivery = 'sent' | 'kept' | 'refused';

const PATIENCE = 5_000;
/** The API's limits. */
const MOST = { summary: 1024, key: 255 };

/** The request body, by the API's published schema. */
export function eventOf(
  incident: Incident,
  { routingKey, runbooks = '' }: PagerDutySettings,
  at = new Date(),
): object {
  const { key, action, summary, source, severity, component, runbook, details } = incident;
  const event = { routing_key: routingKey, event_action: action, dedup_key: key.slice(0, MOST.key) };
  if (action === 'resolve') return event;
  return {
    ...event,
    client: 'Narwhal',
    ...(runbook && runbooks ? { links: [{ href: `${runbooks}${runbook}`, text: 'Runbook' }] } : {}),
    payload: {
      summary: summary.slice(0, MOST.summary),
      source,
      severity,
      timestamp: at.toISOString(),
      component,
      group: 'narwhal',
      class: incident.class,
      custom_details: { ...details, ...(runbook ? { runbook } : {}) },
    },
  };
}

/** Sends one event, once. Never throws. */
export async function deliver(incident: Incident, settings: PagerDutySettings, at?: Date): Promise<Delivery> {
  try {
    const response = await fetch(settings.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(eventOf(incident, settings, at)),
      signal: AbortSignal.timeout(PATIENCE),
    });
    await response.body?.cancel();
    if (response.ok) return 'sent';
    return response.status === 429 || response.status >= 500 ? 'kept' : 'refused';
  } catch {
    return 'kept';
  }
}
