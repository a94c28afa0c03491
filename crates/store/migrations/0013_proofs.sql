-- Whose address nobody has shown to be its own: such an address proves nothing about who may use the account. Accounts
-- that people have made for themselves until now are taken for such.

ALTER TABLE users ADD COLUMN is_email_unproved {bool} NOT NULL DEFAULT {false};
UPDATE users SET is_email_unproved = {true} WHERE created_by IS NULL AND role = 'viewer';
