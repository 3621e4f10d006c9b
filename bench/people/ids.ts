import { mixed } from './chance.ts';

/** 2026-01-01, the ids' epoch: see libs/platform/src/ids.ts. */
export const EPOCH = Date.UTC(2026, 0, 1);
/** The end of yesterday: the benchmark's data is the same all day, and older than the api's. */
const DAY = 86_400_000;
const END = Math.floor(Date.now() / DAY) * DAY;

/** Everything with an id. They share one sequence, so each kind draws every 32nd ticket. */
const kinds = [
  'user',
  'session',
  'post',
  'photo',
  'follow',
  'follower',
  'like',
  'postLike',
  'save',
  'collection',
  'collectionPost',
  'comment',
  'commentLike',
  'block',
  'blockedBy',
  'mute',
  'tag',
  'place',
  'notification',
  'suggestion',
  'event',
  'invitation',
  'registration',
] as const;
export type Kind = (typeof kinds)[number];
const LANES = 32;

/** The ids of one kind, evenly spread over all time since the epoch, in the order of their numbers. */
export class Ids {
  private readonly step: number;
  private readonly lane: number;

  constructor(kind: Kind, count: number) {
    this.lane = kinds.indexOf(kind);
    this.step = Math.max(1, Math.floor(((END - EPOCH) * 1_024) / LANES / Math.max(1, count)));
  }

  private ticket(number: number): number {
    return number * this.step * LANES + this.lane;
  }

  /** The creation time, in milliseconds since 1970. */
  time(number: number): number {
    return EPOCH + Math.floor(this.ticket(number) / 1_024);
  }

  /** Its upper and lower 32 bits. */
  high(number: number): number {
    return Math.floor(this.ticket(number) / 1_024 / 512);
  }

  low(number: number, shard: number): number {
    const ticket = this.ticket(number);
    const moment = Math.floor(ticket / 1_024) % 512;
    return ((moment << 23) | (shard << 10) | (ticket % 1_024)) >>> 0;
  }

  text(number: number, shard: number): string {
    return String((BigInt(this.high(number)) << 32n) | BigInt(this.low(number, shard)));
  }
}

/** A random shard for a new person or name. */
export const shardOfNumber = (number: number, seed: number): number => mixed(number, seed) & 8_191;
