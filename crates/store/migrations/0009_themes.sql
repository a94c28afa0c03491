-- How the platform looks to the people of an organization.

-- Images stand by themselves, because several themes may have the same one; what no theme has is removed. The name is
-- what an image is fetched by, without a credential: nobody can guess it.
CREATE TABLE theme_logos (
    id {id},
    name {key} NOT NULL,
    media_type {key} NOT NULL,
    size {int} NOT NULL,
    width {int} NOT NULL,
    height {int} NOT NULL,
    created_at {time} NOT NULL,
    content {bytes} NOT NULL
) {strict};
CREATE UNIQUE INDEX theme_logos_name ON theme_logos (name);

CREATE TABLE themes (
    id {id},
    name TEXT NOT NULL,
    settings {json} NOT NULL,
    logo_id {int} REFERENCES theme_logos (id),
    created_at {time} NOT NULL,
    created_by {int},
    updated_at {time} NOT NULL,
    updated_by {int}
) {strict};
CREATE INDEX themes_logo_id ON themes (logo_id) WHERE logo_id IS NOT NULL;

CREATE TABLE theme_organizations (
    theme_id {int} NOT NULL REFERENCES themes (id),
    organization_id {int} NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (theme_id, organization_id)
) {strict};
CREATE INDEX theme_organizations_organization_id ON theme_organizations (organization_id, theme_id);

-- In a column of its own: a release before this one writes the settings without what it does not know.
ALTER TABLE organizations ADD COLUMN default_theme_id {int} REFERENCES themes (id);
CREATE INDEX organizations_default_theme_id ON organizations (default_theme_id)
    WHERE default_theme_id IS NOT NULL;
