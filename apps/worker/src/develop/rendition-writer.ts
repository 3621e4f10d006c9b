import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, type Config } from '@app/platform';
import { objectKey, OBJECT_STORE, ORIGINAL, type ObjectStore, type PhotoRow } from '@app/storage';
import { DevelopPool, type Developed } from '@app/storage/images';

/** From a photo's original to its renditions, all in the store; nothing stays in the scratch folder. */
@Injectable()
export class RenditionWriter {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly pool: DevelopPool,
  ) {}

  /** @throws PhotoRejected, DevelopCrash, DevelopFailed (see DevelopPool); ObjectMissing when the original is lost */
  async write(photo: PhotoRow): Promise<Developed> {
    const scratch = join(
      this.config.SCRATCH_DIR ?? join(tmpdir(), 'narwhal'),
      `${photo.id}-${photo.attempt}`,
    );
    const outputFolder = join(scratch, 'out');
    await mkdir(outputFolder, { recursive: true });
    try {
      const inputPath = await this.objects.asFile(objectKey(photo.folder, ORIGINAL), join(scratch, ORIGINAL));
      const developed = await this.pool.develop({ inputPath, outputFolder, limits: limits.photo });
      await Promise.all(
        Object.values(developed.renditions).map(({ file, type }) =>
          this.objects.write(objectKey(photo.folder, file), createReadStream(join(outputFolder, file)), {
            contentType: type,
          }),
        ),
      );
      return developed;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}
