import { join } from 'node:path';
import { inject } from 'vitest';
import { hearStatements } from './hear-statements.mjs';

/** Specs send statements too. */
hearStatements(join(inject('run'), 'statements'));
