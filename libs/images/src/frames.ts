import type { Duplex } from 'node:stream';

/**
 * Messages between a worker and its child over one socket: each is a frame of two lengths, a head in JSON and a body of bytes. Node's own channel has no limit on a message, and carries open files; a child is not trusted with either.
 */
const PREFIX = 8;

/** The longest that a reader takes. */
export interface FrameLimits {
  head: number;
  body: number;
}

export interface FrameReceiver {
  head(head: unknown, bodyBytes: number): void;
  /** A part of the body. */
  piece(bytes: Buffer): void;
  end(): void;
}

/** All of a frame but its body. */
export function frameStart(head: unknown, bodyBytes: number): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(bodyBytes, 4);
  return Buffer.concat([prefix, text]);
}

class FrameReader {
  /** The bytes of a prefix and head that are not complete. */
  #start: Buffer = Buffer.alloc(0);
  /** Bytes of the body to come; null between frames. */
  #left: number | null = null;

  constructor(
    private readonly most: FrameLimits,
    private readonly receiver: FrameReceiver,
  ) {}

  take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0)
      rest = this.#left === null ? this.#takeStart(rest) : this.#takeBody(rest, this.#left);
  }

  /** Each returns what it did not take. */
  #takeStart(bytes: Buffer): Buffer {
    const start = this.#start.length > 0 ? Buffer.concat([this.#start, bytes]) : bytes;
    this.#start = start;
    if (start.length < PREFIX) return Buffer.alloc(0);
    const [headBytes, bodyBytes] = [start.readUInt32LE(0), start.readUInt32LE(4)];
    if (headBytes > this.most.head || bodyBytes > this.most.body)
      throw new Error(
        `expected at most ${this.most.head} and ${this.most.body} bytes but received ${headBytes} and ${bodyBytes}`,
      );
    const end = PREFIX + headBytes;
    if (start.length < end) return Buffer.alloc(0);
    this.#start = Buffer.alloc(0);
    this.#left = bodyBytes;
    this.receiver.head(JSON.parse(start.toString('utf8', PREFIX, end)), bodyBytes);
    return this.#takeBody(start.subarray(end), bodyBytes);
  }

  #takeBody(bytes: Buffer, left: number): Buffer {
    const own = bytes.subarray(0, left);
    if (own.length > 0) this.receiver.piece(own);
    this.#left = left - own.length;
    if (this.#left === 0) {
      this.#left = null;
      this.receiver.end();
    }
    return bytes.subarray(own.length);
  }
}

/** Passes frames on as they arrive; destroys the stream for a frame that is too long, or whose receiver throws. */
export function readFrames(stream: Duplex, most: FrameLimits, receiver: FrameReceiver): void {
  const reader = new FrameReader(most, receiver);
  stream.on('data', (bytes: Buffer) => {
    try {
      reader.take(bytes);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
}
