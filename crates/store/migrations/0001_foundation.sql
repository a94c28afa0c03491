-- The ground: organizations, groups, plans, users, their credentials, messages and the audit log.
-- {words} stand for each database's own types; see crates/store/src/sql/migrate.rs.

CREATE TABLE organizations (
    id {id},
    uuid {uuid} NOT NULL,
    name TEXT NOT NULL,
    slug {key} NOT NULL,
    settings {json} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX organizations_uuid ON organizations (uuid);
CREATE UNIQUE INDEX organizations_slug ON organizations (slug);

CREATE TABLE plans (
    id {id},
    name TEXT NOT NULL,
    name_key {key} NOT NULL,
    display_name TEXT,
    description TEXT,
    plan_color TEXT NOT NULL,
    storage {int} NOT NULL,
    concurrent_tasks {int} NOT NULL,
    daily_api_calls {int} NOT NULL,
    monthly_api_calls {int} NOT NULL,
    daily_traffic {int} NOT NULL,
    monthly_traffic {int} NOT NULL,
    daily_process {int} NOT NULL,
    monthly_process {int} NOT NULL,
    number_of_days {int},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX plans_name_key ON plans (name_key);

-- A group's owner is a user and a user's primary group a group, so one of the two references
-- cannot be declared: users come and go by tombstone, so an owner never dangles.
CREATE TABLE groups (
    id {id},
    organization_id {int} NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    name_key {key} NOT NULL,
    slug {key} NOT NULL,
    description TEXT NOT NULL,
    owner_id {int},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX groups_name_key ON groups (organization_id, name_key);
CREATE UNIQUE INDEX groups_slug ON groups (organization_id, slug);

CREATE TABLE users (
    id {id},
    uuid {uuid} NOT NULL,
    username TEXT NOT NULL,
    username_key {key} NOT NULL,
    email TEXT NOT NULL,
    email_key {key} NOT NULL,
    unconfirmed_email TEXT,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    name_key {key} NOT NULL,
    phone_e164 {key},
    phone_typed TEXT,
    phone_verified_at {time},
    status {key} NOT NULL,
    role {key} NOT NULL,
    organization_id {int} NOT NULL REFERENCES organizations (id),
    primary_group_id {int} NOT NULL REFERENCES groups (id),
    parent_id {int} REFERENCES users (id),
    plan_id {int} REFERENCES plans (id),
    plan_expires_at {time},
    city TEXT,
    state TEXT,
    time_zone TEXT,
    initials TEXT,
    department TEXT,
    title TEXT,
    github_username TEXT,
    robot {bool} NOT NULL,
    vpn_enabled {bool} NOT NULL,
    sso_disabled {bool} NOT NULL,
    otp_required_for_login {bool} NOT NULL,
    prefers_sms_otp {bool} NOT NULL,
    exempt_from_org_sms_otp_disabled {bool} NOT NULL,
    preferences {json} NOT NULL,
    mfa_activated_at {time},
    password_changed_at {time},
    password_expires_at {time},
    sign_in_count {int} NOT NULL,
    last_sign_in_at {time},
    current_sign_in_at {time},
    last_seen_at {time},
    last_checked_announcements_at {time},
    created_at {time} NOT NULL,
    created_by {int},
    updated_at {time} NOT NULL,
    updated_by {int},
    deleted_at {time},
    purged_at {time},
    version {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX users_uuid ON users (uuid);
-- Lists of living users in each of their orders: a page is found by walking one of these alone.
-- (deleted_at stands in them because SQLite would look into the table for it otherwise.)
CREATE INDEX users_living ON users (id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_username_key ON users (username_key, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_email_key ON users (email_key, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_name_key ON users (name_key, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_created_at ON users (created_at, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_organization_id ON users (organization_id, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX users_system_admins ON users (id) WHERE role = 'system_admin';
CREATE INDEX users_deleted_at ON users (deleted_at, id)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- The one namespace of usernames and addresses (design section 3.2). Rows outlive their users.
CREATE TABLE identifiers (
    key {key} NOT NULL PRIMARY KEY,
    user_id {int} NOT NULL REFERENCES users (id)
) {strict};
CREATE INDEX identifiers_user_id ON identifiers (user_id);

CREATE TABLE memberships (
    group_id {int} NOT NULL REFERENCES groups (id),
    user_id {int} NOT NULL REFERENCES users (id),
    rank {key} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (group_id, user_id)
) {strict};
CREATE INDEX memberships_user_id ON memberships (user_id);

CREATE TABLE passwords (
    user_id {int} NOT NULL PRIMARY KEY REFERENCES users (id),
    hash TEXT NOT NULL
) {strict};

-- Authenticator apps. A pending secret does nothing until a code has activated it.
CREATE TABLE totp (
    user_id {int} NOT NULL PRIMARY KEY REFERENCES users (id),
    secret {bytes},
    last_step {int} NOT NULL,
    pending_secret {bytes},
    pending_failures {int} NOT NULL
) {strict};

-- Which protected operation a code was accepted for, and on what: the same code may be shown
-- again for the same operation on another target (contract of the airt door, section 6).
CREATE TABLE totp_uses (
    user_id {int} NOT NULL REFERENCES users (id),
    step {int} NOT NULL,
    operation {key} NOT NULL,
    credential {key} NOT NULL,
    target {key} NOT NULL,
    PRIMARY KEY (user_id, step, operation, credential, target)
) {strict};

CREATE TABLE recovery_codes (
    user_id {int} NOT NULL REFERENCES users (id),
    hash {bytes} NOT NULL,
    used_at {time},
    PRIMARY KEY (user_id, hash)
) {strict};

-- One live code for each user and purpose.
CREATE TABLE one_time_codes (
    user_id {int} NOT NULL REFERENCES users (id),
    purpose {key} NOT NULL,
    hash {bytes} NOT NULL,
    channel {key} NOT NULL,
    destination {key} NOT NULL,
    attempts_left {int} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    PRIMARY KEY (user_id, purpose)
) {strict};

-- What was sent where, for the budgets.
CREATE TABLE code_sends (
    id {id},
    user_id {int} NOT NULL REFERENCES users (id),
    purpose {key} NOT NULL,
    channel {key} NOT NULL,
    destination {key} NOT NULL,
    sent_at {time} NOT NULL
) {strict};
CREATE INDEX code_sends_user_id ON code_sends (user_id, purpose, sent_at);
CREATE INDEX code_sends_destination ON code_sends (destination, sent_at);
CREATE INDEX code_sends_sent_at ON code_sends (channel, sent_at);

-- Failures of one user with one kind of proof.
CREATE TABLE throttles (
    subject {key} NOT NULL PRIMARY KEY,
    failures {int} NOT NULL,
    last_failure_at {time} NOT NULL,
    blocked_until {time}
) {strict};

-- Mailed links: set a password, confirm an address. Following one deletes it.
CREATE TABLE links (
    token_hash {bytes} NOT NULL PRIMARY KEY,
    purpose {key} NOT NULL,
    user_id {int} NOT NULL REFERENCES users (id),
    email TEXT,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE INDEX links_user_id ON links (user_id, purpose);
CREATE INDEX links_expires_at ON links (expires_at);

CREATE TABLE sessions (
    id {id},
    uuid {uuid} NOT NULL,
    user_id {int} NOT NULL REFERENCES users (id),
    token_hash {bytes} NOT NULL,
    door {key} NOT NULL,
    method {key} NOT NULL,
    mfa_at {time},
    impersonator_id {int} REFERENCES users (id),
    address TEXT,
    user_agent TEXT,
    created_at {time} NOT NULL,
    last_used_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    ends_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX sessions_uuid ON sessions (uuid);
CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_user_id ON sessions (user_id, id);
CREATE INDEX sessions_impersonator_id ON sessions (impersonator_id)
    WHERE impersonator_id IS NOT NULL;
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_keys (
    id {id},
    uuid {uuid} NOT NULL,
    user_id {int} NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    name_key {key} NOT NULL,
    token_hash {bytes} NOT NULL,
    prefix TEXT NOT NULL,
    scopes {json} NOT NULL,
    constraints {json} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time},
    revoked_at {time},
    last_used_at {time},
    use_count {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX api_keys_uuid ON api_keys (uuid);
CREATE UNIQUE INDEX api_keys_token_hash ON api_keys (token_hash);
CREATE UNIQUE INDEX api_keys_name_key ON api_keys (user_id, name_key) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_user_id ON api_keys (user_id, id);

-- A user's account at a provider. The address counts until a sign-in has fixed issuer and subject.
CREATE TABLE sso_links (
    id {id},
    user_id {int} NOT NULL REFERENCES users (id),
    provider {key} NOT NULL,
    email TEXT NOT NULL,
    email_key {key} NOT NULL,
    issuer {key},
    subject {key},
    disabled_at {time},
    created_at {time} NOT NULL,
    last_sign_in_at {time}
) {strict};
CREATE UNIQUE INDEX sso_links_user_id ON sso_links (user_id, provider);
CREATE UNIQUE INDEX sso_links_subject ON sso_links (provider, issuer, subject);
CREATE INDEX sso_links_email_key ON sso_links (provider, email_key);

-- Sign-ins at providers under way.
CREATE TABLE sso_sign_ins (
    state_hash {bytes} NOT NULL PRIMARY KEY,
    ticket_hash {bytes} NOT NULL,
    provider {key} NOT NULL,
    door {key} NOT NULL,
    user_id {int} REFERENCES users (id),
    signed_in_user_id {int} REFERENCES users (id),
    sealed {bytes} NOT NULL,
    phase {key} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX sso_sign_ins_ticket_hash ON sso_sign_ins (ticket_hash);
CREATE INDEX sso_sign_ins_expires_at ON sso_sign_ins (expires_at);

-- The outbox. What a message says is sealed, for it may hold a code.
CREATE TABLE messages (
    id {id},
    channel {key} NOT NULL,
    destination TEXT NOT NULL,
    user_id {int} REFERENCES users (id),
    template {key} NOT NULL,
    sealed {bytes} NOT NULL,
    state {key} NOT NULL,
    attempts {int} NOT NULL,
    last_error TEXT,
    created_at {time} NOT NULL,
    next_attempt_at {time},
    sent_at {time}
) {strict};
CREATE INDEX messages_next_attempt_at ON messages (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX messages_created_at ON messages (created_at);

CREATE TABLE audit_events (
    id {id},
    at {time} NOT NULL,
    action {key} NOT NULL,
    outcome {key} NOT NULL,
    actor_id {int},
    impersonator_id {int},
    credential {key} NOT NULL,
    door {key} NOT NULL,
    address TEXT,
    request_id TEXT,
    user_id {int},
    subject TEXT,
    changes {json} NOT NULL
) {strict};
CREATE INDEX audit_events_actor_id ON audit_events (actor_id, id);
CREATE INDEX audit_events_user_id ON audit_events (user_id, id);

-- Replies to creations that carried an Idempotency-Key, sealed, for they may hold a token.
CREATE TABLE idempotency_keys (
    caller {key} NOT NULL,
    key {key} NOT NULL,
    digest {bytes} NOT NULL,
    sealed {bytes} NOT NULL,
    expires_at {time} NOT NULL,
    PRIMARY KEY (caller, key)
) {strict};
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- Which node does a background job, and until when.
CREATE TABLE leases (
    name {key} NOT NULL PRIMARY KEY,
    holder {key} NOT NULL,
    until {time} NOT NULL
) {strict};

-- Facts about the installation itself.
CREATE TABLE installation (
    name {key} NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {strict};
