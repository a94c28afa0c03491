-- Whom an account admin has, who has a plan, and whose plan comes to an end.
CREATE INDEX users_parent_id ON users (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX users_plan_id ON users (plan_id) WHERE plan_id IS NOT NULL;
CREATE INDEX users_plan_expires_at ON users (plan_expires_at) WHERE plan_expires_at IS NOT NULL;
