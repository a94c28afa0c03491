-- What groups make of their members, with whom they are shared, and since when a user is let in again.

ALTER TABLE groups ADD COLUMN roles {json} NOT NULL DEFAULT '[]';
-- The strongest of the roles that lets anybody do anything.
ALTER TABLE groups ADD COLUMN authority {key};
ALTER TABLE groups ADD COLUMN default_time_zone TEXT;
ALTER TABLE groups ADD COLUMN default_otp_required_for_login {bool};
ALTER TABLE groups ADD COLUMN default_jobs_label TEXT;
ALTER TABLE groups ADD COLUMN default_notebooks_label TEXT;
ALTER TABLE groups ADD COLUMN default_services_label TEXT;
ALTER TABLE groups ADD COLUMN created_by {int};
ALTER TABLE groups ADD COLUMN updated_by {int};

-- The strongest authority of a user's groups: kept here, because every check of a credential asks for it.
ALTER TABLE users ADD COLUMN group_role {key};
ALTER TABLE users ADD COLUMN unlocked_at {time};
CREATE INDEX users_administrators ON users (organization_id, id)
    WHERE role IN ('system_admin', 'account_admin') OR group_role = 'org_admin';

-- Whether somebody put the user into the group. Everybody is in the group of everybody, chosen or not.
ALTER TABLE memberships ADD COLUMN is_chosen {bool} NOT NULL DEFAULT {true};
UPDATE memberships SET is_chosen = {false}
    WHERE group_id IN (SELECT id FROM groups WHERE slug = 'public')
    AND NOT EXISTS (SELECT 1 FROM users
        WHERE users.id = memberships.user_id AND users.primary_group_id = memberships.group_id);

CREATE TABLE group_user_shares (
    group_id {int} NOT NULL REFERENCES groups (id),
    user_id {int} NOT NULL REFERENCES users (id),
    level {key} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (group_id, user_id)
) {strict};
CREATE INDEX group_user_shares_user_id ON group_user_shares (user_id);

CREATE TABLE group_group_shares (
    group_id {int} NOT NULL REFERENCES groups (id),
    grantee_id {int} NOT NULL REFERENCES groups (id),
    level {key} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (group_id, grantee_id)
) {strict};
CREATE INDEX group_group_shares_grantee_id ON group_group_shares (grantee_id);
