-- transaction: none
-- Synthetic people are left out of what counts people; there are one or two of them among millions, so they are looked up.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_synthetic ON users (id) WHERE role = 'synthetic';
COMMENT ON COLUMN users.role IS 'person, admin or synthetic; the last two are made on the command line';
