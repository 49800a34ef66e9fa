//! OpenSSL and rustls-webpki, each asked at two times.

use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext};

use crate::webpki_judge;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    OpenSsl,
    Webpki,
}

/// What a judge dislikes, in its words; `None` if it accepts the chain at every time. `path` starts with the end entity.
pub fn verdict(judge: Judge, path: &[Vec<u8>], times: [i64; 2]) -> Option<String> {
    match judge {
        Judge::OpenSsl => openssl(path, times, X509CheckFlags::empty()),
        Judge::Webpki => times.iter().find_map(|at| Some(format!("{:?}", webpki_judge::verify(path, *at).err()?))),
    }
}

/// OpenSSL's verdict, when it takes no common name for a host.
pub fn openssl_without_common_name(path: &[Vec<u8>], times: [i64; 2]) -> Option<String> {
    openssl(path, times, X509CheckFlags::NEVER_CHECK_SUBJECT)
}

fn openssl(path: &[Vec<u8>], times: [i64; 2], host_flags: X509CheckFlags) -> Option<String> {
    let certificates: Vec<X509> = path.iter().map(|der| X509::from_der(der).expect("OpenSSL reads it")).collect();
    let (root, leaf) = (&certificates[certificates.len() - 1], &certificates[0]);
    let mut between = Stack::new().expect("memory");
    for certificate in &certificates[1..certificates.len() - 1] {
        between.push(certificate.clone()).expect("memory");
    }
    times.iter().find_map(|at| {
        let store = store(root, *at, host_flags).expect("a store");
        let mut context = X509StoreContext::new().expect("memory");
        let verified = context.init(&store, leaf, &between, |context| {
            let good = context.verify_cert()?;
            Ok((!good).then(|| context.error().error_string().to_owned()))
        });
        verified.expect("a verdict")
    })
}

fn store(root: &X509, at: i64, host_flags: X509CheckFlags) -> Result<X509Store, openssl::error::ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_time(at);
    parameters.set_flags(X509VerifyFlags::X509_STRICT)?;
    parameters.set_hostflags(host_flags);
    let mut builder = X509StoreBuilder::new()?;
    builder.set_param(&parameters)?;
    builder.add_cert(root.clone())?;
    Ok(builder.build())
}
