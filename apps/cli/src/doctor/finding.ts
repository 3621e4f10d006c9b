import { isInstalled } from '@app/platform';

/** One line of what the doctor says: something is well, or one sentence about what is not and what to do. */
export interface Finding {
  level: 'ok' | 'warning' | 'fault';
  text: string;
}

export const ok = (text: string): Finding => ({ level: 'ok', text });
export const warning = (text: string): Finding => ({ level: 'warning', text });
export const fault = (text: string): Finding => ({ level: 'fault', text });

/** How a command of ours is typed here. */
export const command = (name: string): string => (isInstalled ? `narwhal ${name}` : `npm run ${name}`);
