//! Tokens for tests: SoftHSM with a token directory of its own for each test, and what an operator does with it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use issuance_test_support::keys::key_path;
use issuance_test_support::process;

pub(crate) const PIN: &str = "a PIN for tests";
const MODULES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

fn find_module() -> Option<PathBuf> {
    let given = std::env::var_os("SOFTHSM2_MODULE").map(PathBuf::from);
    let module = given.into_iter().chain(MODULES.map(PathBuf::from)).find(|path| path.exists())?;
    Command::new("softhsm2-util").arg("--version").output().ok()?.status.success().then_some(module)
}

/// Runs `body` in a child process with a token directory of its own.
pub(crate) fn with_softhsm(test: &str, body: fn(&Path)) {
    let module = find_module();
    let path = format!("pkcs11::{test}");
    if process::is_child(&path) {
        return body(&module.unwrap());
    }
    if module.is_none() {
        let said = "there is no SoftHSM: install `softhsm2`, or name its module in SOFTHSM2_MODULE";
        assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "{said}");
        // Past the harness, which keeps the output of tests that pass to itself.
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {test}: {said} ***\n");
        return;
    }
    let scratch = Scratch::new(test);
    let configuration = scratch.0.join("softhsm2.conf");
    let tokens = scratch.0.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    let said = process::run_child(&path, &[("SOFTHSM2_CONF", configuration.as_os_str())]);
    assert!(!said.contains(PIN), "{said}");
}

/// A directory of its own for each test, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn softhsm2_util(arguments: &[&str]) {
    let output = Command::new("softhsm2-util").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

pub(crate) fn init_token(label: &str) {
    softhsm2_util(&["--init-token", "--free", "--label", label, "--so-pin", "a PIN for officers", "--pin", PIN]);
}

/// One of the keys in `tests/data/keys`, under its own name.
pub(crate) fn import(name: &str, id: &str) {
    let path = key_path(name);
    let arguments = ["--import", path.to_str().unwrap(), "--token", "ca", "--label", name, "--id", id, "--pin", PIN];
    softhsm2_util(&arguments);
}

/// The module without the signer: what another part of the process does with it.
pub(crate) fn module_and_slot(module: &Path) -> (Pkcs11, Slot) {
    let module = Pkcs11::new(module).unwrap();
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    (module, slot)
}

/// A session of an operator, who is logged out again when the last session is closed.
pub(crate) fn operator(module: &Path) -> Session {
    let (module, slot) = module_and_slot(module);
    let session = module.open_rw_session(slot).unwrap();
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    session
}

pub(crate) const P256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
pub(crate) const P384: &[u8] = &[0x06, 5, 0x2b, 0x81, 0x04, 0, 0x22];
pub(crate) const P521: &[u8] = &[0x06, 5, 0x2b, 0x81, 0x04, 0, 0x23];

/// Makes a key pair on the token: on a curve, or RSA with 2048 bits.
pub(crate) fn generate(
    session: &Session,
    curve: Option<&[u8]>,
    label: &str,
    id: &[u8],
    more: &[Attribute],
) -> (ObjectHandle, ObjectHandle) {
    let name = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(id.into())];
    let (mechanism, kind) = match curve {
        Some(curve) => (Mechanism::EccKeyPairGen, vec![Attribute::EcParams(curve.into())]),
        None => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![Attribute::ModulusBits(2048.into()), Attribute::PublicExponent(vec![1, 0, 1])],
        ),
    };
    let public = [&name[..], &kind].concat();
    let private = [&name[..], &[Attribute::Private(true), Attribute::Sensitive(true)], more].concat();
    session.generate_key_pair(&mechanism, &public, &private).unwrap()
}
