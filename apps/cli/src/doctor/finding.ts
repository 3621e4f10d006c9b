import { isInstalled } from '@app/platform';

/** One line of the doctor's output: a check that passed, or one sentence about the problem and its fix. */
export interface Finding {
  level: 'ok' | 'warning' | 'fault';
  text: string;
}

export const ok = (text: string): Finding => ({ level: 'ok', text });
export const warning = (text: string): Finding => ({ level: 'warning', text });
export const fault = (text: string): Finding => ({ level: 'fault', text });

/** How to type one of our commands on this machine. */
export const command = (name: string): string => (isInstalled ? `narwhal ${name}` : `npm run ${name}`);
