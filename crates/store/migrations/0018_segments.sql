-- The search index of PostgreSQL stands in the order of names as well (crates/store/src/search/segments.rs). It is made
-- anew from the journal, like that of SQLite in 0015.

{postgres}DROP TABLE user_trigrams;
-- Under which folded name a user stands, and which trigrams it has: as numbers mixed with the mask of its segment.
{postgres}CREATE TABLE user_trigrams (name_key {key} NOT NULL, user_id {int} NOT NULL, trigrams INTEGER[] NOT NULL, PRIMARY KEY (name_key, user_id)) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Without a list of what is pending: each search would read all of it, once for each segment.
{postgres}CREATE INDEX user_trigrams_trigrams ON user_trigrams USING gin (trigrams) WITH (fastupdate = off);
-- Neighbours in the order of names and users, each up to where the next begins; "users" is at least how many there are.
{postgres}CREATE TABLE search_segments (first_name {key} NOT NULL, first_user {int} NOT NULL, end_name {key} NOT NULL, end_user {int} NOT NULL, mask INTEGER NOT NULL, users {int} NOT NULL, PRIMARY KEY (first_name, first_user));
-- No name has the last character there is.
{postgres}INSERT INTO search_segments (first_name, first_user, end_name, end_user, mask, users) VALUES ('', 0, chr(1114111), 0, 0, 0);
{postgres}DELETE FROM search_trigrams;
{postgres}INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL;
