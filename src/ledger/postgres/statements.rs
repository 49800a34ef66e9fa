//! The statements, each of which is a transaction by itself. They take arrays, so that a group costs one round trip.
//!
//! Plain SQL: `INSERT … ON CONFLICT` and guarded `UPDATE` decide who comes first. No statement rests on a lock beyond its own end, on a
//! notification or on a sequence.

/// The columns of a record: see `Columns` in `row.rs`.
const COLUMNS: &str = "intent.serial, intent.authority_sha256, intent.record, state.state, state.lease_until, \
    state.free_since, state.ended_at, state.signature, state.reason, state.may_be_signed, revocation.reason, \
    revocation.revoked_at";

/// The state and the revocation of an intent.
const WITH_STATE: &str = "JOIN {s}.state ON state.authority = intent.authority AND state.serial = intent.serial \
    LEFT JOIN {s}.revocation ON revocation.authority = intent.authority AND revocation.serial = intent.serial";

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $text:literal;)+) => {
        /// The texts of all statements, for one schema.
        #[derive(Debug)]
        pub(super) struct Statements {
            $($(#[$doc])* pub(super) $name: String,)+
        }

        impl Statements {
            pub(super) fn new(schema: &str) -> Statements {
                let of = |text: &str| {
                    text.replace("{columns}", COLUMNS).replace("{with_state}", WITH_STATE).replace("{s}", schema)
                };
                Statements { $($name: of($text),)+ }
            }
        }
    };
}

statements! {
    /// sha256, authority, arn, record.
    add_authorities: "INSERT INTO {s}.authority (sha256, authority, arn, record) \
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bytea[]) \
        ON CONFLICT (sha256) DO NOTHING";

    /// authority, partition.
    add_partitions: "INSERT INTO {s}.crl_partition (authority, crl_partition) \
        SELECT * FROM unnest($1::bytea[], $2::text[]) \
        ON CONFLICT (authority, crl_partition) DO NOTHING";

    /// Records intents whose token and serial number are free, both or neither, and says which. Rows are inserted in the order of their
    /// keys, so that groups that meet wait for each other and not in a circle.
    reserve: "WITH input AS ( \
            SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[], \
                $8::text[], $9::bytea[], $10::text[], $11::bytea[], $12::bytea[], $13::boolean[]) \
            AS input (authority, serial, authority_sha256, issued_at, not_after, token, caller, template, plan_sha256, \
                crl_partition, record, tbs_sha256, is_offline) \
        ), named AS ( \
            INSERT INTO {s}.token (key, authority, serial) \
            SELECT token, authority, serial FROM input \
            WHERE token IS NOT NULL AND NOT EXISTS ( \
                SELECT 1 FROM {s}.intent WHERE intent.authority = input.authority AND intent.serial = input.serial) \
            ORDER BY token \
            ON CONFLICT (key) DO NOTHING \
            RETURNING key, authority, serial \
        ), recorded AS ( \
            INSERT INTO {s}.intent (authority, serial, authority_sha256, issued_at, not_after, token, caller, template, \
                plan_sha256, crl_partition, record) \
            SELECT authority, serial, authority_sha256, issued_at, not_after, token, caller, template, plan_sha256, \
                crl_partition, record FROM input \
            WHERE token IS NULL OR (token, authority, serial) IN (SELECT key, authority, serial FROM named) \
            ORDER BY authority, serial \
            ON CONFLICT (authority, serial) DO NOTHING \
            RETURNING authority, serial \
        ) \
        INSERT INTO {s}.state (authority, serial, tbs_sha256, is_offline, lease_until) \
        SELECT authority, serial, tbs_sha256, is_offline, $14::bigint FROM input \
        WHERE (authority, serial) IN (SELECT authority, serial FROM recorded) \
        RETURNING authority, serial";

    /// What is recorded under tokens, and under serial numbers, as it was at one moment.
    look_up: "WITH input AS ( \
            SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) AS input (n, token, authority, serial) \
        ) \
        SELECT input.n, true, token.authority, token.serial, {columns} \
        FROM input JOIN {s}.token ON token.key = input.token \
        LEFT JOIN {s}.intent ON intent.authority = token.authority AND intent.serial = token.serial \
            AND intent.token = token.key \
        LEFT {with_state} \
        UNION ALL \
        SELECT input.n, false, intent.authority, intent.serial, {columns} \
        FROM input JOIN {s}.intent ON intent.authority = input.authority AND intent.serial = input.serial {with_state}";

    /// Gives leases to the caller, of intents in flight whose lease is still the one that was seen.
    lease: "UPDATE {s}.state SET lease_until = $4 \
        FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS input (authority, serial, seen) \
        WHERE state.authority = input.authority AND state.serial = input.serial AND state.ended_at IS NULL \
            AND state.lease_until IS NOT DISTINCT FROM input.seen \
        RETURNING state.authority, state.serial";

    /// Frees tokens whose intent has ended, or can be abandoned because its lease is still the one that was seen.
    give_way: "WITH input AS ( \
            SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::boolean[]) \
            AS input (token, authority, serial, seen, has_ended) \
        ), given_up AS ( \
            UPDATE {s}.state SET state = 2, ended_at = $6, reason = $7, may_be_signed = true, lease_until = NULL \
            FROM input \
            WHERE state.authority = input.authority AND state.serial = input.serial AND NOT input.has_ended \
                AND state.ended_at IS NULL AND state.lease_until IS NOT DISTINCT FROM input.seen \
            RETURNING state.authority, state.serial \
        ) \
        DELETE FROM {s}.token USING input \
        WHERE token.key = input.token AND token.authority = input.authority AND token.serial = input.serial \
            AND (input.has_ended OR (input.authority, input.serial) IN (SELECT authority, serial FROM given_up))";

    /// The first end counts.
    commit: "UPDATE {s}.state SET state = 1, signature = input.signature, ended_at = $5, lease_until = NULL \
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) AS input (authority, serial, tbs_sha256, signature) \
        WHERE state.authority = input.authority AND state.serial = input.serial AND state.ended_at IS NULL \
            AND state.tbs_sha256 = input.tbs_sha256 \
        RETURNING state.authority, state.serial";

    /// The first end counts.
    abandon: "UPDATE {s}.state SET state = 2, reason = input.reason, may_be_signed = input.may_be_signed, ended_at = $6, \
            lease_until = NULL \
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::boolean[]) \
            AS input (authority, serial, tbs_sha256, reason, may_be_signed) \
        WHERE state.authority = input.authority AND state.serial = input.serial AND state.ended_at IS NULL \
            AND state.tbs_sha256 = input.tbs_sha256 \
        RETURNING state.authority, state.serial";

    /// authority, serial, tbs_sha256.
    renew: "UPDATE {s}.state SET lease_until = $4 \
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS input (authority, serial, tbs_sha256) \
        WHERE state.authority = input.authority AND state.serial = input.serial AND state.ended_at IS NULL \
            AND state.tbs_sha256 = input.tbs_sha256";

    /// The window of a token begins with the first failure.
    free: "UPDATE {s}.state SET lease_until = NULL, free_since = COALESCE(state.free_since, $4) \
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS input (authority, serial, tbs_sha256) \
        WHERE state.authority = input.authority AND state.serial = input.serial AND state.ended_at IS NULL \
            AND state.tbs_sha256 = input.tbs_sha256";

    /// The guard stands outside as well as inside: of two callers that found the same intent, one gets it.
    take_up: "UPDATE {s}.state SET lease_until = $4 \
        FROM ( \
            SELECT authority, serial FROM {s}.state \
            WHERE state = 0 AND authority = $1 AND NOT is_offline \
                AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3) \
            ORDER BY lease_until LIMIT $5 \
        ) AS found \
        WHERE state.authority = found.authority AND state.serial = found.serial AND state.ended_at IS NULL \
            AND (state.lease_until IS NULL OR state.lease_until <= $2 OR state.lease_until > $3) \
        RETURNING state.authority, state.serial";

    /// authority, serial.
    by_ids: "SELECT input.n, intent.authority, {columns} \
        FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS input (n, authority, serial) \
        JOIN {s}.intent ON intent.authority = input.authority AND intent.serial = input.serial {with_state}";

    /// key.
    by_token: "SELECT intent.authority, {columns} \
        FROM {s}.token \
        JOIN {s}.intent ON intent.authority = token.authority AND intent.serial = token.serial AND intent.token = token.key \
        {with_state} WHERE token.key = $1";

    /// authority, the place after which, until, limit.
    page: "SELECT intent.authority, {columns} \
        FROM (SELECT * FROM {s}.intent WHERE authority = $1 AND (issued_at, serial) > ($2, $3) AND issued_at < $4 \
            ORDER BY issued_at, serial LIMIT $5) AS intent \
        {with_state} ORDER BY intent.issued_at, intent.serial";

    /// sha256.
    authorities: "SELECT sha256, record FROM {s}.authority WHERE sha256 = ANY($1)";

    /// authority, serial, reason, time.
    revoke: "INSERT INTO {s}.revocation (authority, serial, reason, revoked_at, not_after, crl_partition) \
        SELECT authority, serial, $3, $4, not_after, crl_partition FROM {s}.intent WHERE authority = $1 AND serial = $2 \
        ON CONFLICT (authority, serial) DO NOTHING";

    /// authority, serial.
    revocation: "SELECT reason, revoked_at FROM {s}.revocation WHERE authority = $1 AND serial = $2";

    /// authority, the serial number after which, limit.
    revoked: "SELECT serial, reason, revoked_at, not_after, crl_partition FROM {s}.revocation \
        WHERE authority = $1 AND serial > $2 ORDER BY serial LIMIT $3";

    /// authority, the serial number after which, limit, partition.
    revoked_of_partition: "SELECT serial, reason, revoked_at, not_after, crl_partition FROM {s}.revocation \
        WHERE authority = $1 AND serial > $2 AND crl_partition = $4 ORDER BY serial LIMIT $3";

    /// authority, partition.
    next_crl_number: "INSERT INTO {s}.crl_number (authority, crl_partition, last) VALUES ($1, $2, 1) \
        ON CONFLICT (authority, crl_partition) DO UPDATE SET last = crl_number.last + 1 RETURNING last";

    /// authority, count.
    take_crl_places: "INSERT INTO {s}.crl_place (authority, taken) VALUES ($1, $2) \
        ON CONFLICT (authority) DO UPDATE SET taken = crl_place.taken + $2 RETURNING taken - $2";

    /// authority.
    crl_partitions: "SELECT crl_partition FROM {s}.crl_partition WHERE authority = $1 ORDER BY crl_partition";

    /// kind, key.
    document: "SELECT key, version, body FROM {s}.document WHERE kind = $1 AND key = $2";

    /// kind.
    documents: "SELECT key, version, body FROM {s}.document WHERE kind = $1 ORDER BY key COLLATE \"C\"";

    /// kind.
    document_versions: "SELECT key, version FROM {s}.document WHERE kind = $1 ORDER BY key COLLATE \"C\"";

    /// kind, key, body.
    insert_document: "INSERT INTO {s}.document (kind, key, version, body) VALUES ($1, $2, 1, $3) \
        ON CONFLICT (kind, key) DO NOTHING";

    /// kind, key, the version before, body.
    replace_document: "UPDATE {s}.document SET version = version + 1, body = $4 WHERE kind = $1 AND key = $2 AND version = $3";

    /// kind, key, version.
    remove_document: "DELETE FROM {s}.document WHERE kind = $1 AND key = $2 AND version = $3";

    /// kind, key. It stays as it is until the step is made.
    expect_document: "SELECT version FROM {s}.document WHERE kind = $1 AND key = $2 FOR SHARE";

    /// before, limit.
    prune: "WITH due AS ( \
            SELECT intent.authority, intent.serial, intent.token \
            FROM {s}.intent JOIN {s}.state ON state.authority = intent.authority AND state.serial = intent.serial \
            WHERE intent.not_after < $1 AND state.ended_at IS NOT NULL \
            ORDER BY intent.not_after LIMIT $2 \
        ), without_token AS ( \
            DELETE FROM {s}.token USING due \
            WHERE token.key = due.token AND token.authority = due.authority AND token.serial = due.serial \
        ), without_revocation AS ( \
            DELETE FROM {s}.revocation USING due \
            WHERE revocation.authority = due.authority AND revocation.serial = due.serial \
        ), without_state AS ( \
            DELETE FROM {s}.state USING due WHERE state.authority = due.authority AND state.serial = due.serial \
        ) \
        DELETE FROM {s}.intent USING due WHERE intent.authority = due.authority AND intent.serial = due.serial";
}
