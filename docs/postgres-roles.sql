-- The roles of the ledger in the schema `issuance`, and the least that each needs. An administrator of the database runs the first part
-- before the first migration and the second part after it.

-- Makes and changes the tables: PostgresLedger::migrate.
CREATE ROLE issuance_migrator NOLOGIN;
-- Issues, and keeps documents: all calls of the ledger but `prune`. It can neither delete nor change an intent or a revocation.
CREATE ROLE issuance_issuer NOLOGIN;
-- Forgets what has ended: `prune`.
CREATE ROLE issuance_pruner NOLOGIN;
-- Reads the audit trail and nothing else: no certificate, no token.
CREATE ROLE issuance_auditor NOLOGIN;

CREATE SCHEMA IF NOT EXISTS issuance AUTHORIZATION issuance_migrator;
GRANT USAGE ON SCHEMA issuance TO issuance_issuer, issuance_pruner, issuance_auditor;

-- After the migration:

GRANT SELECT ON issuance.schema_version TO issuance_issuer, issuance_pruner;
GRANT SELECT, INSERT ON issuance.authority, issuance.intent, issuance.revocation, issuance.crl_partition TO issuance_issuer;
GRANT SELECT, INSERT, UPDATE ON issuance.state, issuance.crl_number, issuance.crl_place TO issuance_issuer;
GRANT SELECT, INSERT, DELETE ON issuance.token TO issuance_issuer;
GRANT SELECT, INSERT, UPDATE, DELETE ON issuance.document TO issuance_issuer;
GRANT SELECT, DELETE ON issuance.intent, issuance.state, issuance.token, issuance.revocation TO issuance_pruner;
GRANT SELECT ON issuance.audit TO issuance_auditor;
