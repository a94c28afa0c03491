-- Users who were imported as deleted had been counted as living ones: all are counted anew, and what the journal still says
-- of them is in that.
DELETE FROM user_counts;
INSERT INTO user_counts (organization_id, users)
    SELECT organization_id, COUNT(*) FROM users WHERE deleted_at IS NULL GROUP BY organization_id;
UPDATE search_journal SET change = 0;
