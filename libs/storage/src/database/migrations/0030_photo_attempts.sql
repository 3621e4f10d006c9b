-- What is known of attempts at developing a photo, and of renditions that are made anew
ALTER TABLE photos
  ADD COLUMN crashes smallint NOT NULL DEFAULT 0,
  ADD COLUMN crashed_at timestamptz,
  ADD COLUMN failing_since timestamptz,
  ADD COLUMN due_at timestamptz,
  ADD COLUMN error text,
  ADD COLUMN pixels bigint,
  ADD COLUMN pipeline smallint NOT NULL DEFAULT 0,
  ADD COLUMN next_folder text;
COMMENT ON COLUMN photos.state IS 'uploading, processing, ready or rejected; moves forward, but rejected ones are processed again when an operator asks';
COMMENT ON COLUMN photos.attempted_at IS 'While a worker is at it: its newest sign of life; null while the photo waits';
COMMENT ON COLUMN photos.crashes IS 'Times that a child process died while it had this photo open and its worker no other, minutes apart';
COMMENT ON COLUMN photos.crashed_at IS 'When a child died of it first, or last so that it counted; from then on it is developed alone';
COMMENT ON COLUMN photos.failing_since IS 'When the first of the attempts failed that were no fault of the photo; null when none did';
COMMENT ON COLUMN photos.due_at IS 'No attempt begins before: pauses grow while attempts fail';
COMMENT ON COLUMN photos.error IS 'Why the newest attempt failed, for operators';
COMMENT ON COLUMN photos.pixels IS 'Pixels that are decoded, or the least that they can be; null until a child has looked';
COMMENT ON COLUMN photos.pipeline IS 'Version of the pipeline that made its renditions, or found newer ones impossible; 0: before versions were counted';
COMMENT ON COLUMN photos.next_folder IS 'Object key prefix of renditions that are being made anew of a ready photo; null else';
COMMENT ON COLUMN trash.id IS 'The id that the photo had; one of its own for a folder that renditions made anew have replaced';

ALTER TABLE object_home
  ADD COLUMN redevelop text,
  ADD COLUMN redevelop_since timestamptz;
COMMENT ON COLUMN object_home.redevelop IS 'Which photos storage redevelop makes anew at present, so that it goes on after it was stopped; null else';
COMMENT ON COLUMN object_home.redevelop_since IS 'Photos that were settled before are still to be made anew';
