-- Declared lengths hold a person's quota from the start, and what they send in a day has a limit of its own.
ALTER TABLE photo_usage ADD COLUMN bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN photo_usage.bytes IS 'Bytes of the photos made on that day, deleted ones included; written with the photo';
COMMENT ON COLUMN photos.bytes IS 'Size of the original; while it is uploading, what its client declared, to hold its quota';
