import { putPost, putUser, type Fill } from './fill-people.ts';
import { sentenceOf } from './names.ts';
import { at } from './entities.ts';
import type { Dataset } from './dataset.ts';
import type { CopyRows } from './copy-rows.ts';

const commentShard = (dataset: Dataset, comment: number): number =>
  dataset.postShard(dataset.commentPost(comment));

function putComment(rows: CopyRows, dataset: Dataset, comment: number): CopyRows {
  const ids = dataset.ids('comment');
  return rows.int8(ids.high(comment), ids.low(comment, commentShard(dataset, comment)));
}

const comments: Fill = {
  table: 'comments',
  columns:
    'shard id post_id author_id reply_to root_id text hidden likes_count replies_count created_at'.split(' '),
  count: (dataset) => dataset.comments,
  row: (rows, comment, dataset) => {
    const [root, answered] = [at(dataset.roots, comment), at(dataset.repliesTo, comment)];
    rows.row(11).int2(commentShard(dataset, comment));
    putComment(rows, dataset, comment);
    putPost(rows, dataset, dataset.commentPost(comment));
    putUser(rows, dataset, dataset.commentAuthor(comment));
    if (answered === comment) rows.nothing();
    else putComment(rows, dataset, answered);
    if (answered === root) rows.nothing();
    else putComment(rows, dataset, root);
    rows
      .text(sentenceOf(comment))
      .flag(dataset.hidden(comment))
      .int4(at(dataset.commentLikesOf, comment))
      .int4(at(dataset.repliesOf, comment))
      .time(dataset.ids('comment').time(comment));
  },
};

const commentLikes: Fill = {
  table: 'comment_likes',
  columns: ['shard', 'comment_id', 'user_id', 'id'],
  count: (dataset) => dataset.commentLikes.count,
  row: (rows, number, dataset) => {
    const comment = at(dataset.commentLikes.other, number);
    const shard = commentShard(dataset, comment);
    const ids = dataset.ids('commentLike');
    putComment(rows.row(4).int2(shard), dataset, comment);
    putUser(rows, dataset, at(dataset.commentLikes.one, number)).int8(
      ids.high(number),
      ids.low(number, shard),
    );
  },
};

const collections: Fill = {
  table: 'collections',
  columns: ['shard', 'id', 'user_id', 'name', 'posts_count'],
  count: (dataset) => dataset.collections,
  row: (rows, collection, dataset) => {
    const owner = dataset.collectorOf(collection);
    const shard = at(dataset.userShard, owner);
    const ids = dataset.ids('collection');
    rows.row(5).int2(shard).int8(ids.high(collection), ids.low(collection, shard));
    putUser(rows, dataset, owner).text(`Ideas ${collection}`).int4(at(dataset.collectedIn, collection));
  },
};

const collectionPosts: Fill = {
  table: 'collection_posts',
  columns: ['shard', 'collection_id', 'post_id', 'id'],
  count: (dataset) => dataset.collected.count,
  row: (rows, number, dataset) => {
    const collection = at(dataset.collected.one, number);
    const shard = at(dataset.userShard, dataset.collectorOf(collection));
    const [of, ids] = [dataset.ids('collection'), dataset.ids('collectionPost')];
    rows.row(4).int2(shard).int8(of.high(collection), of.low(collection, shard));
    putPost(rows, dataset, at(dataset.collected.other, number)).int8(
      ids.high(number),
      ids.low(number, shard),
    );
  },
};

export const talkFills: readonly Fill[] = [comments, commentLikes, collections, collectionPosts];
