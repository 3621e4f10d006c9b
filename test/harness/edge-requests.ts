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
/** Connecting to a live host takes almost no time; in milliseconds. */
export const CONNECT = 700;
