-- What issuers share. `authority` is the beginning of the SHA-256 digest of an authority's ARN, 16 bytes; `serial` is a serial
-- number of 20 bytes with zeros on the left; times are seconds since 1970.

-- What all certificates of one authority have in common; `arn` is for those who read the tables.
CREATE TABLE {s}.authority (
    sha256 bytea PRIMARY KEY,
    authority bytea NOT NULL,
    arn text NOT NULL,
    record bytea NOT NULL
);

-- What was to be signed. A row is never changed.
CREATE TABLE {s}.intent (
    authority bytea NOT NULL,
    serial bytea NOT NULL,
    authority_sha256 bytea NOT NULL,
    issued_at bigint NOT NULL,
    not_after bigint NOT NULL,
    token bytea,
    caller text,
    template text NOT NULL,
    plan_sha256 bytea NOT NULL,
    crl_partition text,
    record bytea NOT NULL,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX intent_by_time ON {s}.intent (authority, issued_at, serial);

-- What became of it: 0 in flight, 1 issued, 2 abandoned. `ended_at` is set once and for good.
CREATE TABLE {s}.state (
    authority bytea NOT NULL,
    serial bytea NOT NULL,
    tbs_sha256 bytea NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    is_offline boolean NOT NULL,
    lease_until bigint,
    free_since bigint,
    ended_at bigint,
    signature bytea,
    reason text,
    may_be_signed boolean,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX state_in_flight ON {s}.state (authority, lease_until) WHERE state = 0;

-- The intent that counts under a token. One that is not of its intent, or whose window is over, gives way.
CREATE TABLE {s}.token (
    key bytea PRIMARY KEY,
    authority bytea NOT NULL,
    serial bytea NOT NULL
);

CREATE TABLE {s}.revocation (
    authority bytea NOT NULL,
    serial bytea NOT NULL,
    reason text NOT NULL,
    revoked_at bigint NOT NULL,
    not_after bigint NOT NULL,
    crl_partition text,
    PRIMARY KEY (authority, serial)
);
CREATE INDEX revocation_by_partition ON {s}.revocation (authority, crl_partition, serial);

-- The last number of a CRL; the partition is empty for that of a whole authority.
CREATE TABLE {s}.crl_number (
    authority bytea NOT NULL,
    crl_partition text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (authority, crl_partition)
);

CREATE TABLE {s}.crl_partition (
    authority bytea NOT NULL,
    crl_partition text NOT NULL,
    PRIMARY KEY (authority, crl_partition)
);
