-- How many places in the partitions of its CRL an authority has given away: an upper bound of the certificates in them.
CREATE TABLE {s}.crl_place (
    authority bytea PRIMARY KEY,
    taken bigint NOT NULL
);
