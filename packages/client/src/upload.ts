import type { Client } from 'openapi-fetch';
import { Upload, type DetailedError } from 'tus-js-client';
import type { components, paths } from './contract.ts';
import { dataOf, Refusal, refusalIn } from './refusal.ts';
import type { Sender } from './sender.ts';

type Photo = components['schemas']['Photo'];

export interface UploadOptions {
  /** A description of the photo, for people who do not see it. */
  altText?: string;
  /** Bytes that the server has, of all. */
  onProgress?: (sent: number, total: number) => void;
  /**
   * Stores the address of an upload that can be resumed. It is a secret that suffices alone for 24 hours: give it as `address`
   * with the same photo to go on in another start of the app.
   */
  remember?: (address: string) => void;
  address?: string;
}

/** Bytes that are sent in one request, which is cheaper than to begin an upload for them. */
const SMALL = 256 * 1024;
const tus = { 'tus-resumable': '1.0.0' };
/** Milliseconds; some progress begins them anew. */
const retryDelays = () =>
  [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000].map((most) => most * Math.random());

/** A photo on its way. */
export class PhotoUpload {
  /** The photo, which may still be in work (`state`). @throws Refusal, or the last fault of the network */
  readonly done: Promise<Photo>;
  private upload: Upload | null = null;
  private paused = false;
  private address: string | undefined;
  private readonly sender: Sender;
  private readonly api: Client<paths>;
  private readonly server: string;
  private readonly end = new AbortController();

  constructor(sender: Sender, api: Client<paths>, server: string, photo: Blob, options: UploadOptions) {
    this.sender = sender;
    this.api = api;
    this.server = server;
    this.done =
      options.address === undefined && photo.size <= SMALL
        ? this.inOneRequest(photo, options)
        : this.inParts(photo, options);
  }

  /** Stops after what is sent just now; a small photo, which is one request, is finished all the same. */
  pause(): void {
    this.paused = true;
    void this.upload?.abort();
  }

  resume(): void {
    if (this.paused) this.upload?.start();
    this.paused = false;
  }

  /** Gives the upload up, so that it takes none of the person's quota. `done` throws. */
  async cancel(): Promise<void> {
    this.end.abort(new Error('The upload was cancelled'));
    await this.upload?.abort();
    if (this.address === undefined) return;
    const response = await this.sender.fetch(new Request(this.address, { method: 'DELETE', headers: tus }));
    // Gone already is as good.
    if (!response.ok && response.status !== 404) throw await refusalIn(response);
  }

  private async inOneRequest(photo: Blob, { altText, onProgress }: UploadOptions): Promise<Photo> {
    const form = new FormData();
    form.append('file', photo);
    if (altText !== undefined) form.append('altText', altText);
    const answer = this.api.POST('/v1/photos', { body: form as never, signal: this.end.signal });
    const made: Photo = await dataOf(answer);
    onProgress?.(photo.size, photo.size);
    return made;
  }

  private async inParts(
    photo: Blob,
    { altText, onProgress, remember, address }: UploadOptions,
  ): Promise<Photo> {
    this.address = address ?? (await this.begun(photo.size, altText));
    if (address === undefined) remember?.(this.address);
    this.end.signal.throwIfAborted();
    const id = await this.sent(this.address, await readable(photo), onProgress);
    return dataOf(this.api.GET('/v1/photos/{id}', { params: { path: { id } }, signal: this.end.signal }));
  }

  private async begun(size: number, altText: string | undefined): Promise<string> {
    const headers: Record<string, string> = { ...tus, 'upload-length': String(size) };
    if (altText !== undefined) headers['upload-metadata'] = `altText ${base64(altText)}`;
    const response = await this.sender.fetch(
      new Request(new URL('/v1/uploads', this.server), { method: 'POST', headers, signal: this.end.signal }),
    );
    if (!response.ok) throw await refusalIn(response);
    return new URL(response.headers.get('location') ?? '', this.server).href;
  }

  /** @returns the photo's id */
  private sent(url: string, file: Blob, onProgress: UploadOptions['onProgress']): Promise<string> {
    return new Promise((resolve, reject) => {
      let id = '';
      const upload = new Upload(file, {
        uploadUrl: url,
        retryDelays: retryDelays(),
        storeFingerprintForResuming: false,
        onShouldRetry: (fault) => mayPass(statusOf(fault)),
        onAfterResponse: (_, response) => {
          id = response.getHeader('Narwhal-Photo-Id') ?? id;
        },
        onProgress: (sent, total) => onProgress?.(sent, total),
        onSuccess: () => resolve(id),
        onError: (fault) => reject(refusalOf(fault as DetailedError)),
      });
      this.upload = upload;
      this.end.signal.addEventListener('abort', () => reject(this.end.signal.reason as Error), {
        once: true,
      });
      if (!this.paused) upload.start();
    });
  }
}

/** 0 where nothing answered. */
const statusOf = (fault: Error) => (fault as DetailedError).originalResponse?.getStatus() ?? 0;

/** 409: another connection had sent some of it; the upload goes on where the server is. */
const mayPass = (status: number) => status < 400 || status >= 500 || [408, 409, 423, 429].includes(status);

function refusalOf(fault: DetailedError): Error {
  const status = statusOf(fault);
  if (status === 0) return fault;
  const text = fault.originalResponse?.getBody() ?? '';
  return new Refusal(status, text.startsWith('{') ? JSON.parse(text) : null);
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** On Node tus-js-client reads Buffers, no Blobs. */
async function readable(photo: Blob): Promise<Blob> {
  const { process, Buffer } = globalThis as {
    process?: { versions?: { node?: string } };
    Buffer?: { from: (bytes: ArrayBuffer) => unknown };
  };
  return process?.versions?.node && Buffer ? (Buffer.from(await photo.arrayBuffer()) as Blob) : photo;
}
