/** The name in the fleet's certificate, and the port of its balancers. */
export const NAME = 'narwhal.test';
export const PORT = 8443;

export interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** As new phones do: all requests to an address on one connection. HTTP/1.1 without it. */
  http2?: boolean;
}

export interface Answer {
  status: number;
  body: string;
}

/** A connection that was never made, or that broke before its response. */
export class Broken extends Error {
  override name = 'Broken';

  constructor(
    readonly made: boolean,
    message: string,
  ) {
    super(message);
  }
}

/** The time-out of a response; in milliseconds. */
export const PATIENCE = 12_000;
/** The kernel of a live host accepts at once, however busy its programs are; in milliseconds. */
export const CONNECT = 700;
/** The time-out of a handshake, which waits for the host's processor and for this one's. A client that gives up early only costs the host another one. */
export const HANDSHAKE = 4_000;
