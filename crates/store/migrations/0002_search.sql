-- What lists are filtered, ordered and searched by (design section 3.7).

-- Folded forms of texts, filled for the users already there by the program; see crates/store/src/users/folded.rs.
ALTER TABLE users ADD COLUMN first_name_key {key} NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN last_name_key {key} NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN phone_key {key};
-- A JSON object with those texts of the profile that are there.
ALTER TABLE users ADD COLUMN text_keys {json};

-- Whose texts were changed and are not in the index yet: it is fed from here after the commit, and searches look here, too.
CREATE TABLE search_journal (
    id {id},
    user_id {int} NOT NULL
) {strict};
INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL;
-- How many users have three characters in a row somewhere; '' counts them all. Renamed users count again.
CREATE TABLE search_trigrams (
    trigram {key} NOT NULL PRIMARY KEY,
    users {int} NOT NULL
) {strict};
-- Which users have them.
{sqlite}CREATE VIRTUAL TABLE user_trigrams USING fts5(texts, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
{postgres}CREATE TABLE user_trigrams (user_id BIGINT NOT NULL PRIMARY KEY, trigrams INTEGER[] NOT NULL);
{postgres}CREATE INDEX user_trigrams_trigrams ON user_trigrams USING gin (trigrams);
