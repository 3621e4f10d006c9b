import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../libs/storage/src/data-source.js';

/** Opens a database as the applications do; end it with `destroy`. */
export function openDatabase(url: string, pool: number): Promise<DataSource> {
  return new DataSource(dataSourceOptions({ url, name: 'spec', pool })).initialize();
}
