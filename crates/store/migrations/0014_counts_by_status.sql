-- How many living users an organization has is kept for each status, because lists of people leave out those who are
-- switched off and say how many there are. All are counted anew: users who were imported as deleted had been counted as
-- living ones. The journal has nothing to add to that.
ALTER TABLE search_journal ADD COLUMN status {key};
UPDATE search_journal SET change = 0;
DROP TABLE user_counts;
CREATE TABLE user_counts (
    organization_id {int} NOT NULL REFERENCES organizations (id),
    status {key} NOT NULL,
    users {int} NOT NULL,
    PRIMARY KEY (organization_id, status)
) {clustered};
INSERT INTO user_counts (organization_id, status, users)
    SELECT organization_id, status, COUNT(*) FROM users WHERE deleted_at IS NULL GROUP BY organization_id, status;
-- Such lists are walked in these indexes alone, and so is what an offset passes over.
DROP INDEX users_username_key;
CREATE INDEX users_username_key ON users (username_key, id, deleted_at, organization_id, status) WHERE deleted_at IS NULL;
DROP INDEX users_name_key;
CREATE INDEX users_name_key ON users (name_key, id, deleted_at, organization_id, status) WHERE deleted_at IS NULL;
