//! TLS to the server, under certificates that the library has issued.

use issuance::ledger::{PostgresLedger, PostgresSettings};
use issuance::{CertificateAuthority, Issuer, KeyAlgorithm, RustCryptoSigner, Signer, Subject, Validity};
use issuance_test_support::authorities::certificate_pem;
use issuance_test_support::der;
use issuance_test_support::der::CsrParts;
use issuance_test_support::postgres::{PASSWORD, Server};

use crate::place::{HookedSigner, issuer, request, run};

/// An authority, and a key with a certificate of it.
struct Pki {
    root_pem: String,
    chain_pem: String,
    key_pem: String,
}

fn pki(template: &str, extensions: &[Vec<u8>]) -> Pki {
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
    let name = Subject::builder().common_name("Root").build().unwrap();
    let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(1)).unwrap();
    let root_pem = certificate_pem(root.certificate_der().unwrap());
    let issuer = Issuer::new(root, key).unwrap();
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
    let csr = CsrParts::new(key.public_key_der())
        .subject(der::common_name("postgres"))
        .extensions(extensions)
        .signed_by(&key);
    let request = issuer.request(&csr).template(template).validity(Validity::days(1)).build().unwrap();
    let chain_pem = issuer.issue(&request).unwrap().pem();
    Pki { root_pem, chain_pem, key_pem: key.to_pkcs8_pem().unwrap().to_string() }
}

#[test]
fn r_led_5_connections_have_tls_that_is_verified_and_bound_to_the_password() {
    let Some(server) = Server::start(&[]) else { return };
    let address = der::tlv(0x30, &der::tlv(0x87, &[127, 0, 0, 1]));
    let of_server = pki("EndEntityServerAuthCertificate", &[der::extension("2.5.29.17", false, &address)]);
    let of_client = pki("EndEntityClientAuthCertificate", &[]);
    server.write("server.pem", of_server.chain_pem.as_bytes());
    server.write("server.key", of_server.key_pem.as_bytes());
    server.write("clients.pem", of_client.root_pem.as_bytes());
    server.write(
        "data/pg_hba.conf",
        b"local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n",
    );
    let folder = server.folder().display().to_string();
    for (setting, value) in [
        ("ssl_cert_file", format!("{folder}/server.pem")),
        ("ssl_key_file", format!("{folder}/server.key")),
        ("ssl_ca_file", format!("{folder}/clients.pem")),
        ("ssl", "on".to_owned()),
    ] {
        server.sql(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
    }
    server.stop_at_once();
    server.start_again();

    let settings = |host: &str, options: &str| {
        let url = format!("postgresql://postgres@{host}:{}/postgres?application_name=tls{options}", server.port());
        PostgresSettings::new(&url).unwrap().password(PASSWORD).schema("tls")
    };
    let identified = |settings: PostgresSettings| settings.tls_identity_pem(&*of_client.chain_pem, &*of_client.key_pem);
    let bound = "&channel_binding=require";
    let good = identified(settings("127.0.0.1", bound).tls_roots_pem(&*of_server.root_pem));
    run(PostgresLedger::migrate(&good)).unwrap();
    let ledger = run(PostgresLedger::connect(&good)).unwrap();
    run(issuer(&ledger, &HookedSigner::plain()).issue(&request("token"))).unwrap();
    let encrypted =
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tls'";
    assert_eq!(server.sql(encrypted), "t");

    let wrong = [
        ("another root", identified(settings("127.0.0.1", "").tls_roots_pem(&*of_client.root_pem)), "certificate"),
        ("another name", identified(settings("localhost", "").tls_roots_pem(&*of_server.root_pem)), "certificate"),
        ("no identity", settings("127.0.0.1", "").tls_roots_pem(&*of_server.root_pem), "certificate"),
        ("no TLS", settings("127.0.0.1", ""), "no pg_hba.conf entry"),
    ];
    for (what, settings, said) in wrong {
        let error = run(PostgresLedger::connect(&settings)).unwrap_err();
        let mut texts = vec![error.to_string()];
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        assert!(texts.join("; ").to_lowercase().contains(said), "{what}: {texts:?}");
    }
}
