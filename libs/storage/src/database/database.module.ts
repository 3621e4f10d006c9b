import { setTimeout as sleep } from 'node:timers/promises';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, databaseFault, type Config } from '@app/platform';
import { openDataSource } from './data-source.js';

/** A database that starts beside us is waited for; after 30 s the process ends and its supervisor says so. */
const ATTEMPTS = 30;
const PAUSE = 1_000;

/** The connection, opened with the first provider and closed after all others. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly source: DataSource) {}

  static forRoot(name: string): DynamicModule {
    const connection = {
      provide: DataSource,
      inject: [CONFIG],
      useFactory: (config: Config) => connect(name, config),
    };
    return { module: DatabaseModule, providers: [connection], exports: [connection] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.source.destroy();
  }
}

async function connect(
  name: string,
  { DATABASE_URL: url, DATABASE_POOL: pool }: Config,
): Promise<DataSource> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openDataSource({ url, name, pool });
    } catch (error) {
      const { text, passes } = databaseFault(error, url);
      // A wrong password stays wrong.
      if (!passes || attempt === ATTEMPTS) throw error;
      // For anybody who watches the journal.
      if (attempt === 1) process.stderr.write(`${name}: ${text} It is tried again for 30 s.\n`);
      await sleep(PAUSE);
    }
  }
}
