-- Features that are switched on for some. A switch is an organization's, a group's or a user's.
CREATE TABLE feature_flags (
    id {id},
    name {key} NOT NULL,
    is_on_for_everybody {bool} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX feature_flags_name ON feature_flags (name);

CREATE TABLE feature_flag_switches (
    id {id},
    feature_flag_id {int} NOT NULL REFERENCES feature_flags (id),
    organization_id {int} REFERENCES organizations (id),
    group_id {int} REFERENCES groups (id),
    user_id {int} REFERENCES users (id),
    created_at {time} NOT NULL
) {strict};
CREATE UNIQUE INDEX feature_flag_switches_organization
    ON feature_flag_switches (feature_flag_id, organization_id) WHERE organization_id IS NOT NULL;
CREATE UNIQUE INDEX feature_flag_switches_group
    ON feature_flag_switches (feature_flag_id, group_id) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX feature_flag_switches_user
    ON feature_flag_switches (feature_flag_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX feature_flag_switches_flag ON feature_flag_switches (feature_flag_id, id);
CREATE INDEX feature_flag_switches_group_id ON feature_flag_switches (group_id)
    WHERE group_id IS NOT NULL;
CREATE INDEX feature_flag_switches_user_id ON feature_flag_switches (user_id)
    WHERE user_id IS NOT NULL;
