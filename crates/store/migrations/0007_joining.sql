-- Invitations of people who have no account yet, each bound to one address.
CREATE TABLE invitations (
    id {id},
    token_hash {bytes} NOT NULL,
    email {text} NOT NULL,
    email_key {key} NOT NULL,
    role {key} NOT NULL,
    organization_id {int} NOT NULL REFERENCES organizations (id),
    invited_by {int} REFERENCES users (id),
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_email_key ON invitations (email_key);
CREATE INDEX invitations_expires_at ON invitations (expires_at);

-- Whether a user was told that the present password is about to expire.
ALTER TABLE users ADD COLUMN password_expiry_told_at {time};
CREATE INDEX users_password_expires_at ON users (password_expires_at) WHERE password_expires_at IS NOT NULL;
