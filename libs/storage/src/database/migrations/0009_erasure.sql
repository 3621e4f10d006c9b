-- What a closed account said and liked on other people's posts is found by its author; the only reads that visit all shards.
CREATE INDEX comments_of_author ON comments (author_id);
CREATE INDEX comment_likes_of_user ON comment_likes (user_id);
