import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { fold, limits } from '@app/platform';
import { UserRows } from '@app/storage';

/** Room for a dot and four digits. */
const LONGEST = limits.user.username - 5;

/** What a username may be made of, of this text; empty where it has nothing of that. */
export function usernameOf(text: string): string {
  const letters = fold(text.normalize('NFKD').replaceAll(/\p{M}/gu, ''));
  const parts = letters.split(/[^a-z0-9_]+/u).filter((part) => part !== '');
  return parts.join('.').slice(0, LONGEST).replace(/\.$/, '');
}

/** Usernames for people whom a provider knows. */
@Injectable()
export class SuggestedNames {
  constructor(private readonly users: UserRows) {}

  /** One that nobody has just now, after their name or their address; null where neither makes one. */
  async freeFor({ name, email }: { name: string | null; email: string | null }): Promise<string | null> {
    const base = usernameOf(name ?? '') || usernameOf(email?.split('@')[0] ?? '');
    if (base === '') return null;
    const candidates = [base, `${base}.${randomInt(1_000, 10_000)}`];
    const taken = await this.users.idsOf(candidates);
    return candidates.find((one) => !taken.has(one)) ?? null;
  }
}
