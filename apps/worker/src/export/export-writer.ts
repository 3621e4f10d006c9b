import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, version, type Config, type Id } from '@app/platform';
import { ORIGINAL } from '@app/platform/photos';
import { textsOf } from '@app/pages';
import {
  exportName,
  objectKey,
  OBJECT_STORE,
  ObjectMissing,
  type ObjectStore,
  type OwnPhoto,
  type TransferRow,
  type UserRow,
} from '@app/storage';
import { DevelopService } from '../develop/develop.service.js';
import { Documents, FORMAT } from './documents.js';
import { fileOf, PREVIEW, previewOf } from './files.js';
import { IndexPage } from './index-page.js';
import { OwnData } from './own-data.js';
import { Zip } from './zip.js';

/** While photos are developed here, an export stops before each of its own for so long, in milliseconds. */
const YIELDS = 100;

export interface Attempt {
  transfer: TransferRow;
  user: UserRow;
  /** The bytes of all originals. */
  total: number;
  signal: AbortSignal;
  /** Called with the bytes of originals that are in the zip. */
  progress(bytes: number): void;
}

/** Makes the zip of an export: from the store into the store, while it is read. */
@Injectable()
export class ExportWriter {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl'>,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly own: OwnData,
    private readonly documents: Documents,
    private readonly page: IndexPage,
    private readonly develop: DevelopService,
  ) {}

  /** Returns the bytes of the zip, which is stored whole or not at all. @throws the signal's reason */
  async write(attempt: Attempt): Promise<number> {
    const { transfer, total, signal } = attempt;
    await this.mustHaveRoom(total);
    const zip = new Zip();
    const ended = (error: Error): never => {
      zip.destroy(error);
      throw error;
    };
    const key = objectKey(transfer.folder, exportName(transfer.attempts));
    // Previews and documents take less than the originals.
    const options = { contentType: 'application/zip', signal, about: total * 2 };
    const stored = this.objects.write(key, zip.stream, options).catch(ended);
    const [written, filled] = await Promise.allSettled([stored, this.addAll(zip, attempt).catch(ended)]);
    if (filled.status === 'rejected') throw filled.reason;
    if (written.status === 'rejected') throw written.reason;
    return written.value.bytes;
  }

  private async mustHaveRoom(bytes: number): Promise<void> {
    const { freeBytes } = await this.objects.check();
    if (freeBytes !== null && freeBytes < bytes + limits.export.freeBytes)
      throw new Error(
        `expected room for ${bytes} bytes beside ${limits.export.freeBytes}, found ${freeBytes}`,
      );
  }

  private async addAll(zip: Zip, attempt: Attempt): Promise<void> {
    const { user, transfer } = attempt;
    const now = new Date();
    const { INSTANCE_NAME: instance, publicUrl } = this.config;
    const { exported } = textsOf(transfer.locale);
    await zip.addText('README.txt', only(exported.readme(user.username, instance)), now);
    const page = this.page.of(user, transfer.locale, instance, now.toISOString());
    await zip.addText('index.html', page, now);
    for (const [name, text] of Object.entries(this.documents.of(user.id))) await zip.addText(name, text, now);
    const missing: Id[] = [];
    let photos = 0;
    let bytes = 0;
    for await (const some of this.own.photos(user.id))
      for (const photo of some) {
        const added = await this.addPhoto(zip, photo);
        if (!added) missing.push(photo.id);
        photos += 1;
        bytes += Number(photo.bytes ?? 0);
        attempt.progress(bytes);
      }
    const about = {
      format: FORMAT,
      instance: publicUrl,
      version,
      madeAt: now.toISOString(),
      userId: user.id,
      photos,
      missing,
    };
    await zip.addText('narwhal-export.json', only(`${JSON.stringify(about, null, 2)}\n`), now);
    zip.end();
  }

  /** False when the original is not there: the photo was deleted since it was listed. */
  private async addPhoto(zip: Zip, photo: OwnPhoto): Promise<boolean> {
    if (this.develop.isBusy) await sleep(YIELDS);
    if (!(await this.addObject(zip, photo, ORIGINAL, fileOf(photo)))) return false;
    const preview = previewOf(photo);
    if (preview !== null) await this.addObject(zip, photo, PREVIEW, preview);
    return true;
  }

  private async addObject(zip: Zip, photo: OwnPhoto, name: string, path: string): Promise<boolean> {
    try {
      const { stream } = await this.objects.read(objectKey(photo.folder, name));
      await zip.add(path, stream, photo.created_at, 'stored');
      return true;
    } catch (error) {
      if (error instanceof ObjectMissing) return false;
      throw error;
    }
  }
}

async function* only(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}
