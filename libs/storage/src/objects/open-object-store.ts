import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageSettings } from '@app/platform';
import type { StoreHome } from './store-home.js';
import { DiskStore } from './disk-store.js';
import type { ObjectStore, StoreKind } from './object-store.js';
import { TwoStores, type Stores } from './two-stores.js';

export type StoreConfig = Omit<
  StorageSettings,
  'DATABASE_URL' | 'DATABASE_DIRECT_URL' | 'SCRATCH_DIR' | 'BACKUP_REPOSITORY' | 'BACKUP_KEEP'
>;

/** The store that the configuration selects: S3 if a bucket is set, otherwise the disk. */
export const configuredStore = (config: StoreConfig): StoreKind => (config.S3_BUCKET ? 's3' : 'disk');

/** Opens that store only. */
export async function openObjectStore(config: StoreConfig): Promise<ObjectStore> {
  return (await openS3(config)) ?? DiskStore.open(config.STORAGE_DIR);
}

/** Every configured store, as one, with its home where the row says. @throws Error when that one is not configured */
export async function openStores(config: StoreConfig, home: StoreHome): Promise<TwoStores> {
  const stores = new TwoStores(await configuredStores(config), home);
  await stores.at(await home.current());
  return stores;
}

/** A disk store that was never used does not count: a fleet on S3 has no such folder. */
export async function configuredStores(config: StoreConfig): Promise<Stores> {
  let disk: DiskStore | null = null;
  return {
    s3: await openS3(config),
    disk: async (make) => {
      if (!disk && !make && !existsSync(join(config.STORAGE_DIR, 'trash'))) return null;
      return (disk ??= await DiskStore.open(config.STORAGE_DIR));
    },
  };
}

async function openS3(config: StoreConfig): Promise<ObjectStore | null> {
  if (!config.S3_BUCKET) return null;
  // Loaded when needed: the SDK is 37 MB of memory, which a process with a disk store does not need.
  const { S3Store } = await import('./s3-store.js');
  return S3Store.open(config, config.S3_BUCKET);
}
