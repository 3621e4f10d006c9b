import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';
import { InstanceTexts } from './instance-texts.js';
import { createLogger, type Logger } from './logger.js';
import { JobSender } from './queue/index.js';

/** Injects the configuration: `@Inject(CONFIG) private readonly config: Config`. */
export const CONFIG = Symbol('CONFIG');
/** Injects the process's log: `@Inject(LOGGER) private readonly logger: Logger`. */
export const LOGGER = Symbol('LOGGER');

/** Everything that each process needs once: configuration, log, the sending side of the queues. */
@Global()
@Module({})
export class PlatformModule {
  static with(config: Config, name: string): DynamicModule {
    const sender = {
      provide: JobSender,
      inject: [LOGGER],
      useFactory: (logger: Logger) => new JobSender(config.REDIS_QUEUE_URL ?? config.REDIS_URL, logger),
    };
    const texts = {
      provide: InstanceTexts,
      inject: [LOGGER],
      useFactory: (logger: Logger) => new InstanceTexts(config.PAGES_DIR, logger),
    };
    return {
      module: PlatformModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: createLogger(name, config.LOG_LEVEL) },
        sender,
        texts,
      ],
      exports: [CONFIG, LOGGER, JobSender, InstanceTexts],
    };
  }
}
