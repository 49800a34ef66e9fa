-- What may be pruned is found without a look at the rest. On a table that is large already, build the index beforehand, with
-- CREATE INDEX CONCURRENTLY and this name.
CREATE INDEX IF NOT EXISTS intent_by_not_after ON {s}.intent (not_after);

-- The audit trail for those who read it: one row an issuance.
CREATE VIEW {s}.audit AS
SELECT
    authority.arn,
    encode(intent.serial, 'hex') AS serial,
    to_timestamp(intent.issued_at) AS issued_at,
    to_timestamp(intent.not_after) AS not_after,
    intent.caller,
    intent.template,
    encode(intent.plan_sha256, 'hex') AS plan_sha256,
    encode(state.tbs_sha256, 'hex') AS tbs_sha256,
    CASE state.state WHEN 0 THEN 'in flight' WHEN 1 THEN 'issued' ELSE 'abandoned' END AS outcome,
    to_timestamp(state.ended_at) AS ended_at,
    state.reason,
    state.may_be_signed,
    revocation.reason AS revocation_reason,
    to_timestamp(revocation.revoked_at) AS revoked_at
FROM {s}.intent
JOIN {s}.state ON state.authority = intent.authority AND state.serial = intent.serial
JOIN {s}.authority ON authority.sha256 = intent.authority_sha256
LEFT JOIN {s}.revocation ON revocation.authority = intent.authority AND revocation.serial = intent.serial;
