-- Uploads straight to the store, and uploads that are given up
ALTER TABLE uploads ADD COLUMN direct boolean NOT NULL DEFAULT false, ADD COLUMN declared_sha256 bytea;
ALTER TABLE photos ADD COLUMN declared_sha256 bytea;
COMMENT ON TABLE uploads IS 'Uploads on their way, resumable (tus) or straight to the store (presigned): what has arrived of each, and who may add to it; on their owner''s shard';
COMMENT ON COLUMN uploads.id IS 'Made by next_id on the owner''s shard; part of the upload''s address; a direct upload''s photo has the same';
COMMENT ON COLUMN uploads.received IS 'Bytes that are safe in the store: the offset at which to go on; of a direct upload all of them at once, to hold its quota';
COMMENT ON COLUMN uploads.direct IS 'Whether its owner''s client puts it into the store itself, by a presigned URL';
COMMENT ON COLUMN uploads.declared_sha256 IS 'SHA-256 that the client announced for a direct upload; null when it did not';
COMMENT ON COLUMN photos.declared_sha256 IS 'SHA-256 that the client announced for a direct upload: compared when the worker first reads the original';
COMMENT ON COLUMN photos.sha256 IS 'SHA-256 of the original, hashed as it came in; of a direct upload when the worker first reads it';
COMMENT ON COLUMN photos.attempt IS 'Times that developing began; a result of an older attempt is not taken. -1: an upload that is given up';
