-- Ids: 40 bits of milliseconds since 2026-01-01, 13 bits of logical shard, 10 bits of one sequence for all tables.
-- As Instagram's ("Sharding & IDs at Instagram", 2012), but the sequence is one for the whole system, so that an id names
-- one thing, and time never goes back: id_clock holds the newest millisecond used. When the machine's clock steps back,
-- ids go on from there, and every 1,024th moves it on, so that a millisecond never meets the same sequence twice.
CREATE SEQUENCE id_sequence;
CREATE SEQUENCE id_clock MINVALUE 0 START 0;

CREATE FUNCTION next_id(shard integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  milliseconds bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1767225600000;
  sequence bigint := nextval('id_sequence');
  newest bigint;
BEGIN
  SELECT last_value INTO newest FROM id_clock;
  IF milliseconds < newest THEN
    milliseconds := newest + CASE WHEN sequence % 1024 = 0 THEN 1 ELSE 0 END;
  END IF;
  IF milliseconds > newest THEN
    PERFORM setval('id_clock', milliseconds);
  END IF;
  RETURN (milliseconds << 23) | ((shard & 8191)::bigint << 10) | (sequence % 1024);
END $$;

CREATE FUNCTION shard_of(id bigint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((id >> 10) & 8191)::smallint $$;
