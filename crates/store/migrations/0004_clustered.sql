-- SQLite keeps a table and its primary key in two trees unless told otherwise. Of these two tables nothing is looked for but
-- by a key, and each new user adds three rows to them.
{sqlite}CREATE TABLE identifiers_clustered (
{sqlite}    key {key} NOT NULL PRIMARY KEY,
{sqlite}    user_id {int} NOT NULL REFERENCES users (id)
{sqlite}) {clustered};
{sqlite}INSERT INTO identifiers_clustered SELECT key, user_id FROM identifiers ORDER BY key;
{sqlite}DROP TABLE identifiers;
{sqlite}ALTER TABLE identifiers_clustered RENAME TO identifiers;
{sqlite}CREATE INDEX identifiers_user_id ON identifiers (user_id);
{sqlite}CREATE TABLE memberships_clustered (
{sqlite}    group_id {int} NOT NULL REFERENCES groups (id),
{sqlite}    user_id {int} NOT NULL REFERENCES users (id),
{sqlite}    rank {key} NOT NULL,
{sqlite}    created_at {time} NOT NULL,
{sqlite}    PRIMARY KEY (group_id, user_id)
{sqlite}) {clustered};
{sqlite}INSERT INTO memberships_clustered SELECT group_id, user_id, rank, created_at FROM memberships ORDER BY group_id, user_id;
{sqlite}DROP TABLE memberships;
{sqlite}ALTER TABLE memberships_clustered RENAME TO memberships;
{sqlite}CREATE INDEX memberships_user_id ON memberships (user_id);
