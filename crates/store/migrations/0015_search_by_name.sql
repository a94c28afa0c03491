-- The search index of SQLite stands in the order of names, so that a search sorted by name reads its beginning only
-- (crates/store/src/search/places.rs), and knows shorter pieces of names that are not written in ASCII. It is made anew
-- from the journal, which says where in it a user stood.

ALTER TABLE search_journal ADD COLUMN old_name_key {key};
{sqlite}DROP TABLE user_trigrams;
{sqlite}CREATE VIRTUAL TABLE user_trigrams USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
{sqlite}DELETE FROM search_trigrams;
{sqlite}INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL;
