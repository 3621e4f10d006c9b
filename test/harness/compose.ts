import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../tools/dev/install.mjs';

/** The parts of a service that tests ask about, as compose.yaml spells them. */
export interface Service {
  image: string;
  entrypoint?: string[];
  command?: string[];
  restart?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  /** Null for a variable that is empty unless it is given. */
  environment?: Record<string, string | null>;
  secrets?: string[];
  volumes?: string[];
  networks?: string[] | Record<string, { ipv4_address?: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
}

export interface Compose {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
}

export const composeFolder = join(root, 'infra', 'compose');

/** infra/compose/compose.yaml where no `.env` is beside it. */
export function readCompose(): Compose {
  const text = readFileSync(join(composeFolder, 'compose.yaml'), 'utf8');
  const filled = text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  return parse(filled, { merge: true }) as Compose;
}
