-- The search index of PostgreSQL stands in the order of names as well (crates/store/src/search/segments.rs). It is made
-- anew from the journal, like that of SQLite in 0015.

{postgres}DROP TABLE user_trigrams;
-- Whoever stands at a place: which trigrams, as numbers mixed with the mask of the place's segment.
{postgres}CREATE TABLE user_trigrams (place BIGINT NOT NULL PRIMARY KEY, trigrams INTEGER[] NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Without a list of what is pending: each search would read all of it, once for each segment.
{postgres}CREATE INDEX user_trigrams_trigrams ON user_trigrams USING gin (trigrams) WITH (fastupdate = off);
-- Neighbours in the order of places; "users" is at least how many there are.
{postgres}CREATE TABLE search_segments (first BIGINT NOT NULL PRIMARY KEY, last BIGINT NOT NULL, mask INTEGER NOT NULL, users BIGINT NOT NULL);
{postgres}INSERT INTO search_segments (first, last, mask, users) VALUES (0, 9223372036854775807, 0, 0);
{postgres}DELETE FROM search_trigrams;
{postgres}INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL;
