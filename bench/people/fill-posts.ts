import { mixed, type Pairs } from './chance.ts';
import { putPost, putUser, type Fill } from './fill-people.ts';
import { placeOf, sentenceOf, tagOf } from './names.ts';
import { at, forsaken } from './entities.ts';
import type { Dataset } from './dataset.ts';

/** The built product's own rules for folding words, and for the shard of a word. */
interface Words {
  foldTag(name: string): string;
  shardOfText(folded: string): number;
}
const { foldTag, shardOfText } = (await import(
  new URL('../../dist/libs/platform/src/index.js', import.meta.url).href
)) as Words;

const { foldPlace } = (await import(
  new URL('../../dist/libs/domain/src/index.js', import.meta.url).href
)) as {
  foldPlace(name: string): string;
};

const renditions = JSON.stringify({
  square150: { width: 150, height: 150, bytes: 9_000 },
  w320: { width: 320, height: 427, bytes: 20_000 },
  w640: { width: 640, height: 853, bytes: 60_000 },
  w1080: { width: 1_080, height: 1_440, bytes: 150_000 },
  jpeg1080: { width: 1_080, height: 1_440, bytes: 250_000 },
});

const posts: Fill = {
  table: 'posts',
  columns:
    'shard id author_id state caption caption_entities place_name archived fanned_out likes_count comments_count created_at published_at'.split(
      ' ',
    ),
  count: (dataset) => dataset.posts,
  row: (rows, post, dataset) => {
    const author = at(dataset.author, post);
    const tags = dataset.tagsOf(post).map(tagOf);
    const place = dataset.placeOf(post);
    const sentence = sentenceOf(post);
    const words = tags.map((tag) => ` #${tag}`);
    let start = sentence.length + 1;
    const entities = tags.map((tag) => {
      const entity = { type: 'hashtag', start, end: start + tag.length + 1, tag };
      start = entity.end + 1;
      return entity;
    });
    const time = dataset.ids('post').time(post);
    putPost(rows.row(13).int2(dataset.postShard(post)), dataset, post);
    putUser(rows, dataset, author)
      .text('published')
      .text(sentence + words.join(''))
      .json(JSON.stringify(entities));
    if (place === null) rows.nothing();
    else rows.text(placeOf(place));
    rows
      .flag(dataset.archived(post))
      .flag(dataset.audienceOf(author) < 2)
      .int4(at(dataset.likesOf, post))
      .int4(at(dataset.commentsOf, post))
      .time(time)
      .time(time);
  },
};

/** Its rows are not numbered by photo: each post writes all of its own. */
const photos: Fill = {
  table: 'photos',
  columns:
    'shard id owner_id post_id position state folder bytes type alt_text width height thumbhash color renditions'.split(
      ' ',
    ),
  count: (dataset) => dataset.posts,
  row: (rows, post, dataset) => {
    const shard = dataset.postShard(post);
    const ids = dataset.ids('photo');
    for (let position = 0; position < dataset.photosOf(post); position += 1) {
      const number = post * 3 + position;
      rows.row(15).int2(shard).int8(ids.high(number), ids.low(number, shard));
      putUser(rows, dataset, at(dataset.author, post));
      putPost(rows, dataset, post)
        .int2(position)
        .text('ready')
        .text(
          `${(mixed(number, 53) & 255).toString(16)}/${mixed(number, 54).toString(16)}${mixed(number, 55).toString(16)}`,
        )
        .int8(0, 3_000_000)
        .text('image/jpeg')
        .text(post % 4 === 0 ? 'A beach at low tide' : '')
        .int4(3_024)
        .int4(4_032)
        .text('IQgGFwJ3dyh4hYiHd3iId3aIB3CGdwg=')
        .text('#8a6f52')
        .json(renditions);
    }
  },
};

/** A person's like or save of a post, on the person's shard. */
function mark(table: 'likes' | 'saves', kind: 'like' | 'save', pairs: (dataset: Dataset) => Pairs): Fill {
  return {
    table,
    columns: ['shard', 'user_id', 'post_id', 'id'],
    count: (dataset) => pairs(dataset).count,
    row: (rows, number, dataset) => {
      const user = at(pairs(dataset).one, number);
      const shard = at(dataset.userShard, user);
      const ids = dataset.ids(kind);
      putUser(rows.row(4).int2(shard), dataset, user);
      putPost(rows, dataset, at(pairs(dataset).other, number)).int8(ids.high(number), ids.low(number, shard));
    },
  };
}

const postLikes: Fill = {
  table: 'post_likes',
  columns: ['shard', 'post_id', 'user_id', 'id', 'hidden'],
  count: (dataset) => dataset.likes.count,
  row: (rows, number, dataset) => {
    const post = at(dataset.likes.other, number);
    const shard = dataset.postShard(post);
    const ids = dataset.ids('postLike');
    putPost(rows.row(5).int2(shard), dataset, post);
    putUser(rows, dataset, at(dataset.likes.one, number))
      .int8(ids.high(number), ids.low(number, shard))
      .flag(dataset.hidden(number));
  },
};

/** Tags or places, each on its name's shard. */
function terms(table: 'tags' | 'places', count: (dataset: Dataset) => number): Fill {
  const isTag = table === 'tags';
  return {
    table,
    columns: isTag
      ? ['shard', 'id', 'name', 'posts_count']
      : ['shard', 'id', 'name', 'posts_count', 'shown', 'latitude', 'longitude'],
    count,
    row: (rows, term, dataset) => {
      const { shard, name, shown } = termOf(isTag, term);
      const ids = dataset.ids(isTag ? 'tag' : 'place');
      rows.row(isTag ? 4 : 7).int2(shard);
      rows.int8(ids.high(term), ids.low(term, shard)).text(name);
      rows.int4(at(isTag ? dataset.tagCounts : dataset.placeCounts, term));
      if (!isTag) rows.text(shown).float8(48.1).float8(-3.2);
    },
  };
}

const knownTerms = new Map<string, { shard: number; name: string; shown: string }>();

function termOf(isTag: boolean, term: number): { shard: number; name: string; shown: string } {
  const key = `${isTag} ${term}`;
  const known = knownTerms.get(key);
  if (known) return known;
  const shown = isTag ? tagOf(term) : placeOf(term);
  const name = isTag ? foldTag(shown) : foldPlace(shown);
  const made = { shard: shardOfText(name), name, shown };
  knownTerms.set(key, made);
  return made;
}

/** The posts under tags, or under places. */
function postTerms(table: 'post_tags' | 'post_places'): Fill {
  const isTag = table === 'post_tags';
  return {
    table,
    columns: ['shard', isTag ? 'tag_id' : 'place_id', 'post_id', 'counted'],
    count: (dataset) => dataset.posts,
    row: (rows, post, dataset) => {
      if (dataset.archived(post)) return;
      const place = dataset.placeOf(post);
      const ids = dataset.ids(isTag ? 'tag' : 'place');
      for (const term of isTag ? dataset.tagsOf(post) : place === null ? [] : [place]) {
        const { shard } = termOf(isTag, term);
        rows.row(4).int2(shard).int8(ids.high(term), ids.low(term, shard));
        putPost(rows, dataset, post).flag(dataset.counted(post));
      }
    },
  };
}

const notified = (dataset: Dataset): number => dataset.users * 3;

/** The notification of its author about each post's likes. */
const notifications: Fill = {
  table: 'notifications',
  columns: ['shard', 'user_id', 'group_key', 'id', 'type', 'post_id', 'actors', 'count', 'newest', 'read'],
  count: notified,
  row: (rows, post, dataset) => {
    const author = at(dataset.author, post);
    const ids = dataset.ids('notification');
    const shard = dataset.postShard(post);
    const actors = [1, 2, 3].map((n) => {
      const user = mixed(post * 3 + n, 56) % dataset.users;
      return [
        dataset.ids('user').high(user),
        dataset.ids('user').low(user, at(dataset.userShard, user)),
      ] as const;
    });
    putUser(rows.row(10).int2(shard), dataset, author).text(`like:${dataset.postId(post)}`);
    rows.int8(ids.high(post), ids.low(post, shard)).text('like');
    putPost(rows, dataset, post)
      .int8s(actors)
      .int4(author === forsaken && post % 100 > 0 ? 0 : 3)
      .int8(ids.high(post), ids.low(post, shard))
      .flag(post % 5 > 0);
  },
};

const notificationStates: Fill = {
  table: 'notification_states',
  columns: ['shard', 'user_id', 'unread'],
  count: (dataset) => dataset.users,
  row: (rows, user, dataset) =>
    putUser(rows.row(3).int2(at(dataset.userShard, user)), dataset, user).int4(user % 9),
};

export const postFills: readonly Fill[] = [
  mark('likes', 'like', (dataset) => dataset.likes),
  postLikes,
  mark('saves', 'save', (dataset) => dataset.saves),
  terms('tags', (dataset) => dataset.tags),
  postTerms('post_tags'),
  terms('places', (dataset) => dataset.places),
  postTerms('post_places'),
  notifications,
  notificationStates,
  photos,
  posts,
];
