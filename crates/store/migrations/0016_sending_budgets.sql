-- What budgets of sending count (threat T11): the beginning of a number that a text message went to, and the network that
-- asked for a code or a mail, whether or not anybody there was known and got one.

ALTER TABLE code_sends ADD COLUMN prefix {key};
CREATE INDEX code_sends_prefix ON code_sends (prefix, sent_at);

CREATE TABLE code_requests (
    id {id},
    network {key} NOT NULL,
    channel {key} NOT NULL,
    asked_at {time} NOT NULL
) {strict};
CREATE INDEX code_requests_network ON code_requests (network, channel, asked_at);
CREATE INDEX code_requests_asked_at ON code_requests (asked_at);
