/** The name that the fleet's certificate is for, and the port of its balancers. */
export const NAME = 'narwhal.test';
export const PORT = 8443;

export interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** As new phones speak: all requests to an address on one connection. HTTP/1.1 without it. */
  http2?: boolean;
}

export interface Answer {
  status: number;
  body: string;
}

/** A connection that was never made, or that broke before its answer. */
export class Broken extends Error {
  override name = 'Broken';

  constructor(
    readonly made: boolean,
    message: string,
  ) {
    super(message);
  }
}

/** No answer within this is none; in milliseconds. */
export const PATIENCE = 12_000;
/** Connecting takes a host that is there no time at all; in milliseconds. */
export const CONNECT = 700;
