-- What a service keeps beside the ledger: small documents, replaced whole, each with a version that counts its changes.
CREATE TABLE {s}.document (
    kind text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (kind, key)
);
