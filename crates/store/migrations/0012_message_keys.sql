-- The folded forms of a message's texts, for lists. Where there are none the letters of ASCII are folded.
ALTER TABLE messages ADD COLUMN destination_key {key};
ALTER TABLE messages ADD COLUMN last_error_key {key};
