import type { PhotographName } from './photographs.ts';

export interface Person {
  username: string;
  displayName: string;
  bio: string;
  avatar: PhotographName;
}

export const people: Person[] = [
  { username: 'ada', displayName: 'Ada', bio: 'Walks far, photographs little.', avatar: 'homeDoor' },
  { username: 'grace', displayName: 'Grace', bio: 'Anything that flies.', avatar: 'airplane' },
  { username: 'alan', displayName: 'Alan', bio: 'One cat, many frames.', avatar: 'catRun' },
  {
    username: 'katherine',
    displayName: 'Katherine',
    bio: 'Mountains, mostly before breakfast.',
    avatar: 'alps',
  },
  { username: 'margaret', displayName: 'Margaret', bio: 'Plants, close up.', avatar: 'alliumTop' },
  { username: 'dennis', displayName: 'Dennis', bio: 'Down the river.', avatar: 'canyonPeak' },
  {
    username: 'barbara',
    displayName: 'Barbara',
    bio: 'Sheep. And fields around sheep.',
    avatar: 'pastureLamb',
  },
  { username: 'edsger', displayName: 'Edsger', bio: 'Harbours and what floats in them.', avatar: 'boats' },
];

export interface Post {
  author: string;
  photos: PhotographName[];
  caption: string;
}

/** Oldest first. */
export const posts: Post[] = [
  {
    author: 'margaret',
    photos: ['acanthus', 'acanthusTop'],
    caption: 'Bear’s breech, then closer. #plants #blackandwhite',
  },
  { author: 'dennis', photos: ['canyon'], caption: 'Black Cañon, where the river forgets to move. #river' },
  {
    author: 'grace',
    photos: ['airplane', 'airplaneWing'],
    caption: 'Somebody was higher up than the pilot. #flight',
  },
  { author: 'barbara', photos: ['pasture'], caption: 'March. #pastoral' },
  { author: 'katherine', photos: ['alps'], caption: 'Worth getting up for, wasn’t it, @ada? #mountains' },
  {
    author: 'alan',
    photos: ['cat', 'catRun'],
    caption: 'She does not know that she is science. #cat #motion',
  },
  { author: 'edsger', photos: ['boats', 'boatsShip'], caption: 'Low tide. #harbour #boats' },
  { author: 'ada', photos: ['home', 'homeDoor'], caption: 'They left the door open. #plains' },
  {
    author: 'dennis',
    photos: ['canyonBoat', 'canyonPeak'],
    caption: 'The boat that took us there. #river #boats',
  },
  { author: 'margaret', photos: ['allium', 'alliumTop'], caption: 'An onion with ambitions. #plants' },
  { author: 'barbara', photos: ['pastureLamb'], caption: 'Breakfast. #pastoral' },
  { author: 'katherine', photos: ['alpsPeaks'], caption: 'The same morning, longer lens. #mountains' },
  { author: 'ada', photos: ['homeSky'], caption: 'Nothing in the way. #sky #plains' },
];

/** Comments by author and post (its index above). */
export const comments: { author: string; post: number; text: string }[] = [
  { author: 'ada', post: 4, text: 'It was. My boots are still wet.' },
  { author: 'grace', post: 5, text: 'Could you ask her to do it with wings?' },
  { author: 'margaret', post: 5, text: 'Frame 19!' },
  { author: 'edsger', post: 1, text: 'What did you cross it with?' },
  { author: 'dennis', post: 8, text: 'There you see it, @edsger.' },
  { author: 'alan', post: 2, text: 'How was this taken?' },
  { author: 'grace', post: 2, text: 'By leaning out, @alan. A lot.' },
  { author: 'katherine', post: 7, text: 'The light on the roof 👌' },
  { author: 'barbara', post: 9, text: 'The flock would agree.' },
  { author: 'ada', post: 10, text: 'Oh.' },
];

/** Ada follows everyone; the others follow the next few, in a ring, so that everyone has followers. */
export function followedBy(index: number): Person[] {
  const steps = index === 0 ? people.map((_, step) => step).slice(1) : [1, 2, 3, 5];
  return steps.map((step) => people[(index + step) % people.length]).filter((person) => person !== undefined);
}

/** Most people like most posts. */
export function likes(personIndex: number, postIndex: number): boolean {
  return (
    people[personIndex]?.username !== posts[postIndex]?.author && (personIndex * 3 + postIndex * 5) % 4 !== 0
  );
}
