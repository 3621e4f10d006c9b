import { Global, Module } from '@nestjs/common';
import { readConfig } from './config.js';

/** Injects the configuration: `@Inject(CONFIG) private readonly config: Config`. */
export const CONFIG = Symbol('CONFIG');

/** What every process has before anything else: its configuration, read once, every fault of it said at start. */
@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: () => readConfig() }],
  exports: [CONFIG],
})
export class PlatformModule {}
