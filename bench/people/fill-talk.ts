import { putPost, putUser, type Fill } from './fill-people.ts';
import { sentenceOf } from './names.ts';
import { at } from './cast.ts';
import type { World } from './world.ts';
import type { CopyRows } from './copy-rows.ts';

const commentShard = (world: World, comment: number): number => world.postShard(world.commentPost(comment));

function putComment(rows: CopyRows, world: World, comment: number): CopyRows {
  const ids = world.ids('comment');
  return rows.int8(ids.high(comment), ids.low(comment, commentShard(world, comment)));
}

const comments: Fill = {
  table: 'comments',
  columns: ['shard', 'id', 'post_id', 'author_id', 'reply_to', 'text', 'hidden', 'created_at'],
  count: (world) => world.comments,
  row: (rows, comment, world) => {
    const answered = at(world.repliesTo, comment);
    rows.row(8).int2(commentShard(world, comment));
    putComment(rows, world, comment);
    putPost(rows, world, world.commentPost(comment));
    putUser(rows, world, world.commentAuthor(comment));
    if (answered === comment) rows.nothing();
    else putComment(rows, world, answered);
    rows.text(sentenceOf(comment)).flag(world.hidden(comment)).time(world.ids('comment').time(comment));
  },
};

const commentLikes: Fill = {
  table: 'comment_likes',
  columns: ['shard', 'comment_id', 'user_id', 'id'],
  count: (world) => world.commentLikes.count,
  row: (rows, number, world) => {
    const comment = at(world.commentLikes.other, number);
    const shard = commentShard(world, comment);
    const ids = world.ids('commentLike');
    putComment(rows.row(4).int2(shard), world, comment);
    putUser(rows, world, at(world.commentLikes.one, number)).int8(ids.high(number), ids.low(number, shard));
  },
};

const collections: Fill = {
  table: 'collections',
  columns: ['shard', 'id', 'user_id', 'name', 'posts_count'],
  count: (world) => world.collections,
  row: (rows, collection, world) => {
    const owner = world.collectorOf(collection);
    const shard = at(world.userShard, owner);
    const ids = world.ids('collection');
    rows.row(5).int2(shard).int8(ids.high(collection), ids.low(collection, shard));
    putUser(rows, world, owner).text(`Ideas ${collection}`).int4(at(world.collectedIn, collection));
  },
};

const collectionPosts: Fill = {
  table: 'collection_posts',
  columns: ['shard', 'collection_id', 'post_id', 'id'],
  count: (world) => world.collected.count,
  row: (rows, number, world) => {
    const collection = at(world.collected.one, number);
    const shard = at(world.userShard, world.collectorOf(collection));
    const [of, ids] = [world.ids('collection'), world.ids('collectionPost')];
    rows.row(4).int2(shard).int8(of.high(collection), of.low(collection, shard));
    putPost(rows, world, at(world.collected.other, number)).int8(ids.high(number), ids.low(number, shard));
  },
};

export const talkFills: readonly Fill[] = [comments, commentLikes, collections, collectionPosts];
