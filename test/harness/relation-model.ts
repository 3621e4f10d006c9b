export type FollowEnd = 'accepted' | 'requested' | null;
export type Who = 0 | 1;

/** The relations between two people: `follows[0]` is how the first follows the second. */
export interface Relations {
  follows: [FollowEnd, FollowEnd];
  blocks: [boolean, boolean];
  mutes: [boolean, boolean];
  private: [boolean, boolean];
  closed: [boolean, boolean];
}

const isOpen = ({ closed }: Relations): boolean => !closed[0] && !closed[1];
const isApart = ({ blocks }: Relations): boolean => blocks[0] || blocks[1];

/** The effect of each act when nobody else acts; a refused act changes nothing. */
export const relationActs = {
  follow(all: Relations, self: Who, other: Who) {
    if (!isOpen(all) || isApart(all)) return;
    const { follows } = all;
    follows[self] = follows[self] === 'accepted' || !all.private[other] ? 'accepted' : 'requested';
  },
  unfollow: ({ follows }: Relations, self: Who) => void (follows[self] = null),
  accept: ({ follows }: Relations, _: Who, other: Who) => void (follows[other] &&= 'accepted'),
  reject({ follows }: Relations, _: Who, other: Who) {
    if (follows[other] === 'requested') follows[other] = null;
  },
  remove: ({ follows }: Relations, _: Who, other: Who) => void (follows[other] = null),
  block(all: Relations, self: Who) {
    if (!isOpen(all)) return;
    all.blocks[self] = true;
    all.follows = [null, null];
  },
  unblock: ({ blocks }: Relations, self: Who) => void (blocks[self] = false),
  mute(all: Relations, self: Who, other: Who) {
    if (isOpen(all) && !all.blocks[other]) all.mutes[self] = true;
  },
  unmute: ({ mutes }: Relations, self: Who) => void (mutes[self] = false),
  turnPrivate(all: Relations, self: Who) {
    if (!all.closed[self]) all.private[self] = true;
  },
  turnPublic(all: Relations, self: Who, other: Who) {
    if (all.closed[self]) return;
    if (all.private[self]) all.follows[other] &&= 'accepted';
    all.private[self] = false;
  },
  close: ({ closed }: Relations, self: Who) => void (closed[self] = true),
} satisfies Record<string, (all: Relations, self: Who, other: Who) => void>;

export type RelationAct = keyof typeof relationActs;
