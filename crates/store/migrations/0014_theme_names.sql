-- No two themes have one name, whatever its letter case. Names that several have already are numbered by the program, which
-- gives the keys; a theme that the previous release makes meanwhile has none.
ALTER TABLE themes ADD COLUMN name_key {key};
CREATE UNIQUE INDEX themes_name ON themes (name_key);
