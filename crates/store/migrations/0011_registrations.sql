-- Addresses for which somebody asked for an account, where anybody may, each with a token that only whoever reads the
-- mail has. Also of addresses that are taken, so that the two leave the same traces.
CREATE TABLE registrations (
    id {id},
    token_hash {bytes} NOT NULL,
    email {text} NOT NULL,
    email_key {key} NOT NULL,
    attempts_left {int} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX registrations_token_hash ON registrations (token_hash);
CREATE INDEX registrations_email_key ON registrations (email_key, created_at);
CREATE INDEX registrations_expires_at ON registrations (expires_at);
