import type { DataSource } from 'typeorm';
import { openDataSource } from '../../libs/storage/src/database/data-source.js';

/** Opens a database as the applications do; end it with `destroy`. */
export function openDatabase(url: string, pool: number): Promise<DataSource> {
  return openDataSource({ url, name: 'spec', pool });
}
