#!/usr/bin/env bash
# How much write-ahead log the rows of a certificate make: benches/wal.sh [CERTIFICATES], a multiple of 64. Starts Debian's PostgreSQL on loopback in a
# folder of its own, makes the tables of the ledger, and writes rows of the sizes that `benches/ledger.rs` has, in two
# transactions each as the ledger does, alone and in groups. No checkpoint is among them, so there are few images of whole pages: what
# those add depends on the settings and on the size of the indexes (docs/scale.md). Replicas in other regions receive this log.
set -euo pipefail
cd "$(dirname "$0")/.."
certificates=${1:-2944}
programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    as=(runuser -u postgres --)
    chown postgres "$folder"
fi
port=$((20000 + RANDOM % 20000))
finish() {
    "${as[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap finish EXIT
"${as[@]}" "$programs/initdb" -D "$folder/data" --auth=trust --no-locale --encoding=UTF8 --username=postgres >/dev/null
# How soon a commit is on the disk does not change what it writes.
"${as[@]}" "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/log" start -o "-p $port -h '' -k $folder \
    -c synchronous_commit=off -c max_wal_size=8GB -c checkpoint_timeout=1h -c autovacuum=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off" >/dev/null
sql() {
    "${as[@]}" "$programs/psql" -h "$folder" -p "$port" -U postgres -X -q -t -A -F ' | ' -v ON_ERROR_STOP=1 "$@"
}
{
    echo 'CREATE SCHEMA issuance;'
    sed 's/{s}/issuance/g' src/ledger/postgres/schema/1.sql src/ledger/postgres/schema/2.sql
    cat <<'SQL'
CREATE FUNCTION bytes(n int, seed text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT substr(string_agg(sha256((seed || part)::bytea), ''), 1, n) FROM generate_series(0, n / 32) AS part $$;
CREATE PROCEDURE issue(certificates int, together int, has_token boolean) LANGUAGE plpgsql AS $$
DECLARE
    ca bytea := bytes(16, 'ca');
    names text[];
BEGIN
    FOR at IN 1 .. certificates / together LOOP
        SELECT array_agg(format('%s-%s-%s-%s', together, has_token, at, n)) INTO names FROM generate_series(1, together) AS n;
        IF has_token THEN
            INSERT INTO issuance.token SELECT bytes(32, 'token' || name), ca, bytes(20, name) FROM unnest(names) AS name;
        END IF;
        INSERT INTO issuance.intent
            SELECT ca, bytes(20, name), bytes(32, 'ca'), 1795253415 + at / 1000, 1826789415 + at / 1000,
                CASE WHEN has_token THEN bytes(32, 'token' || name) END, 'arn:aws:iam::123456789012:user/someone',
                'EndEntityCertificate/V1', bytes(32, 'plan' || name), NULL, bytes(673, 'record' || name)
            FROM unnest(names) AS name;
        INSERT INTO issuance.state (authority, serial, tbs_sha256, is_offline, lease_until)
            SELECT ca, bytes(20, name), bytes(32, 'tbs' || name), false, 1795253445 + at / 1000 FROM unnest(names) AS name;
        COMMIT;
        UPDATE issuance.state SET state = 1, signature = bytes(71, 'signature' || name), ended_at = 1795253415 + at / 1000, lease_until = NULL
            FROM unnest(names) AS name WHERE authority = ca AND serial = bytes(20, name);
        COMMIT;
    END LOOP;
END $$;
SQL
} | sql
echo "| in one transaction | token | bytes of log a certificate | records | page images |"
echo "|---:|---|---:|---:|---:|"
measure() {
    sql -c "SELECT pg_stat_reset_shared('wal')" >/dev/null
    sql -c "CALL issue($certificates, $1, $2)"
    # The counts come a moment after the end of their session.
    sleep 1
    sql -c "SELECT round(wal_bytes / $certificates), round(wal_records * 1.0 / $certificates, 1), wal_fpi FROM pg_stat_wal"
}
# Indexes that already have rows.
sql -c "CALL issue($certificates, 50, true)"
for together in 1 16 64; do
    for has_token in false true; do
        echo "| $together | $has_token | $(measure "$together" "$has_token") |"
    done
done
