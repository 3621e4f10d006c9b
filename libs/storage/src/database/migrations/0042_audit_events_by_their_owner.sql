-- The role of api and worker may not delete what happened. This does, as the tables' owner, whatever age it is told: only
-- what is a year old.
CREATE FUNCTION forget_audit_events(kept_for interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH gone AS (
    DELETE FROM public.audit_events WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM public.audit_events WHERE happened_at < now() - greatest(kept_for, interval '365 days')
      ORDER BY happened_at LIMIT 10000))
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION forget_audit_events IS 'Deletes up to 10,000 audit events that are older, and older than a year; returns how many';
