-- What the platform's other services tell about the things people own. Numbers are the platform's, not ours.
CREATE TABLE objects (
    id {id},
    object_type {key} NOT NULL,
    object_id {int} NOT NULL,
    name TEXT NOT NULL,
    author_id {int} NOT NULL REFERENCES users (id),
    state {key} NOT NULL,
    category TEXT,
    last_run_id TEXT,
    last_run_state {key},
    last_run_at {time},
    next_run_at {time},
    updated_at {time} NOT NULL,
    registered_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX objects_object ON objects (object_type, object_id);
CREATE INDEX objects_author_id ON objects (author_id, updated_at, id);

-- A favorite is a user's or an organization's. A user's stand in the order of their ranks, whose values mean nothing:
-- positions are counted, so that there are no gaps among them.
CREATE TABLE favorites (
    id {id},
    user_id {int} REFERENCES users (id),
    organization_id {int} REFERENCES organizations (id),
    object_type {key} NOT NULL,
    object_id {int} NOT NULL,
    rank {int} NOT NULL,
    created_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX favorites_of_user ON favorites (user_id, object_type, object_id)
    WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX favorites_of_organization ON favorites (organization_id, object_type, object_id)
    WHERE organization_id IS NOT NULL;
