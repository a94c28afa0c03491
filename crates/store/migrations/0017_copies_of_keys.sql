-- Which key a key is a copy of: it was made with that one, which could make nothing else, and ends with it.

ALTER TABLE api_keys ADD COLUMN copy_of {int};
CREATE INDEX api_keys_copy_of ON api_keys (copy_of) WHERE copy_of IS NOT NULL;
