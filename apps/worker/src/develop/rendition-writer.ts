import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, limits, traced, type Config } from '@app/platform';
import { objectKey, OBJECT_STORE, type ObjectStore, type PhotoRow } from '@app/storage';
import { ORIGINAL } from '@app/platform/photos';
import { DevelopPool, type Developed } from '@app/images';
import { hashUnread } from './original-hash.js';

/** In milliseconds. */
const HOUR = 3_600_000;

/** Makes a photo's renditions from its original and stores them; leaves nothing in the scratch folder. */
@Injectable()
export class RenditionWriter {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly pool: DevelopPool,
  ) {}

  private get folder(): string {
    return this.config.SCRATCH_DIR ?? join(tmpdir(), 'narwhal');
  }

  /** Removes files of killed workers; no photo takes an hour. */
  async sweepScratch(): Promise<void> {
    await this.pool.touchFolders();
    // A missing folder means that no photo was developed here.
    for (const name of await readdir(this.folder).catch(() => [])) {
      const path = join(this.folder, name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > HOUR) await rm(path, { recursive: true, force: true });
    }
  }

  /** @throws PhotoRejected, DevelopCrash, DevelopFailed (see DevelopPool); ObjectMissing when the original is not there */
  async write(photo: PhotoRow, mostPixels: number): Promise<Developed & { sha256: Buffer | null }> {
    const scratch = join(this.folder, `${photo.id}-${photo.attempt}`);
    const outputFolder = join(scratch, 'out');
    // Nobody else on this machine may look at photos.
    await mkdir(outputFolder, { recursive: true, mode: 0o700 });
    try {
      const inputPath = await traced('work', 'develop.original', () =>
        this.objects.asFile(objectKey(photo.folder, ORIGINAL), join(scratch, ORIGINAL)),
      );
      const sha256 = await hashUnread(photo, inputPath);
      const developed = await traced('work', 'develop.renditions', () =>
        this.pool.develop({
          inputPath,
          outputFolder,
          limits: { ...limits.photo, pixels: Math.min(limits.photo.pixels, mostPixels) },
          alone: photo.crashed_at !== null,
          systemHeif: this.config.SYSTEM_HEIF,
        }),
      );
      await traced('work', 'develop.store', () => this.store(photo, developed, outputFolder, inputPath));
      const bytes = Object.values(developed.renditions).reduce((sum, made) => sum + made.bytes, 0);
      counter('narwhal_rendition_bytes_total').inc(bytes);
      return { ...developed, sha256 };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Writes to the photo's folder; when redeveloping, to a new one, with a copy of the original. */
  private async store(
    { folder, next_folder, type }: PhotoRow,
    { renditions }: Developed,
    from: string,
    original: string,
  ): Promise<void> {
    const files = Object.values(renditions).map(({ file, type: contentType }) => ({
      name: file,
      path: join(from, file),
      contentType,
    }));
    if (next_folder !== null)
      files.push({ name: ORIGINAL, path: original, contentType: type ?? 'application/octet-stream' });
    await Promise.all(
      files.map(({ name, path, contentType }) =>
        this.objects.write(objectKey(next_folder ?? folder, name), createReadStream(path), { contentType }),
      ),
    );
  }
}
