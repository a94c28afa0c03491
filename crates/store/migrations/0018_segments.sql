-- The search index of PostgreSQL stands in the order of names as well (crates/store/src/search/segments.rs). It is made
-- anew from the journal, like that of SQLite in 0015, under other names: nodes of the previous release find no counts
-- in search_trigrams any more, look at users one by one, and cannot feed what they do not know. A later migration drops
-- that table.

-- How many users have a token somewhere; '' counts them all. Renamed users count again.
CREATE TABLE search_tokens (token {key} NOT NULL PRIMARY KEY, users {int} NOT NULL) {strict};
{sqlite}INSERT INTO search_tokens (token, users) SELECT trigram, users FROM search_trigrams;
{sqlite}DROP TABLE search_trigrams;
{postgres}DELETE FROM search_trigrams;
{postgres}ALTER TABLE search_trigrams DROP CONSTRAINT search_trigrams_pkey;
{postgres}DROP TABLE user_trigrams;
-- Under which folded name a user stands, and which tokens it has: as numbers mixed with the mask of its segment. To cut
-- segments leaves rows behind that searches pass over until they are cleared away.
{postgres}CREATE TABLE user_tokens (name_key {key} NOT NULL, user_id {int} NOT NULL, tokens INTEGER[] NOT NULL, PRIMARY KEY (name_key, user_id)) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Without a list of what is pending: each search would read all of it, once for each segment.
{postgres}CREATE INDEX user_tokens_tokens ON user_tokens USING gin (tokens) WITH (fastupdate = off);
-- Neighbours in the order of names and users, each up to where the next begins; "users" is at least how many there are.
{postgres}CREATE TABLE search_segments (first_name {key} NOT NULL, first_user {int} NOT NULL, end_name {key} NOT NULL, end_user {int} NOT NULL, mask INTEGER NOT NULL, users {int} NOT NULL, PRIMARY KEY (first_name, first_user));
-- No name has the last character there is (roster_model::is_invisible).
{postgres}INSERT INTO search_segments (first_name, first_user, end_name, end_user, mask, users) VALUES ('', 0, chr(1114111), 0, 0, 0);
{postgres}INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL;
