-- How many living users an organization has. A commit notes in the journal of the search index who came or went, so that
-- no row is written by every creation; the one who takes that journal in brings the sums here, and a count adds the rest.
CREATE TABLE user_counts (
    organization_id {int} NOT NULL PRIMARY KEY REFERENCES organizations (id),
    users {int} NOT NULL
) {strict};
INSERT INTO user_counts (organization_id, users)
    SELECT organization_id, COUNT(*) FROM users WHERE deleted_at IS NULL GROUP BY organization_id;
ALTER TABLE search_journal ADD COLUMN organization_id {int};
ALTER TABLE search_journal ADD COLUMN change {int} NOT NULL DEFAULT 0;
