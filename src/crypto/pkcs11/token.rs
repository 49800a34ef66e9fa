//! The module, its token, and sessions that are logged in.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Limit, Slot};
use cryptoki::types::AuthPin;

use super::builder::TokenPin;
use super::error::{Pkcs11Error, failed};

/// The modules of this process. One is loaded and initialised once and stays: `C_Initialize` and `C_Finalize` are for the
/// whole process (PKCS#11 v2.40 section 5.4), and other parts of it may use the same module.
static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

fn load(path: &Path) -> Result<Pkcs11, Pkcs11Error> {
    let mut modules = locked(&MODULES);
    if let Some((_, module)) = modules.iter().find(|(known, _)| known == path) {
        initialize(module)?;
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(|error| match error {
        CryptokiError::Pkcs11(..) => failed(error),
        CryptokiError::LibraryLoading(error) => Pkcs11Error::Module { path: path.into(), reason: error.to_string() },
        other => Pkcs11Error::Module { path: path.into(), reason: other.to_string() },
    })?;
    initialize(&module)?;
    modules.push((path.into(), module.clone()));
    Ok(module)
}

fn initialize(module: &Pkcs11) -> Result<(), Pkcs11Error> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        other => other.map_err(failed),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a token is named.
#[derive(Debug, Clone)]
pub(super) enum TokenName {
    Label(String),
    Slot(u64),
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenName::Label(label) => write!(f, "labelled '{label}'"),
            TokenName::Slot(slot) => write!(f, "in slot {slot}"),
        }
    }
}

pub(super) type PinSource = Box<dyn Fn() -> Result<TokenPin, Box<dyn Error + Send + Sync>> + Send + Sync>;

pub(super) struct Token {
    module: Pkcs11,
    name: TokenName,
    pin: Option<PinSource>,
    access: Mutex<Access>,
}

/// What is known of the way in. Locked while a session is opened, so that no two threads offer a PIN at once.
struct Access {
    slot: Slot,
    refused: Option<String>,
}

impl Token {
    pub(super) fn find(path: &Path, name: TokenName, pin: Option<PinSource>) -> Result<Token, Pkcs11Error> {
        let module = load(path)?;
        let slot = find_slot(&module, &name)?;
        Ok(Token { module, name, pin, access: Mutex::new(Access { slot, refused: None }) })
    }

    pub(super) fn name(&self) -> &TokenName {
        &self.name
    }

    /// The mechanisms that the token has.
    pub(super) fn mechanisms(&self) -> Result<Vec<MechanismType>, Pkcs11Error> {
        let slot = locked(&self.access).slot;
        self.module.get_mechanism_list(slot).map_err(failed)
    }

    /// How many sessions the token lets an application open, if it says so.
    pub(super) fn max_sessions(&self) -> Result<Option<usize>, Pkcs11Error> {
        let slot = locked(&self.access).slot;
        Ok(match self.module.get_token_info(slot).map_err(failed)?.max_session_count() {
            Limit::Max(count) => usize::try_from(count).ok(),
            Limit::Unavailable | Limit::Infinite => None,
        })
    }

    /// Whether `session` was logged out by another part of the process meanwhile, which hides private keys.
    pub(super) fn is_logged_out(&self, session: &Session) -> Result<bool, Pkcs11Error> {
        let slot = locked(&self.access).slot;
        Ok(!is_user(session)? && self.module.get_token_info(slot).map_err(failed)?.login_required())
    }

    /// A new session, logged in.
    pub(super) fn open(&self) -> Result<Session, Pkcs11Error> {
        self.open_by(Pkcs11::open_ro_session)
    }

    /// A new session that may make objects on the token, logged in.
    pub(super) fn open_to_write(&self) -> Result<Session, Pkcs11Error> {
        self.open_by(Pkcs11::open_rw_session)
    }

    fn open_by(&self, open: impl Fn(&Pkcs11, Slot) -> Result<Session, CryptokiError>) -> Result<Session, Pkcs11Error> {
        let mut access = locked(&self.access);
        if let Some(code) = &access.refused {
            return Err(Pkcs11Error::PinRefused { code: code.clone() });
        }
        let session = match open(&self.module, access.slot).map_err(failed) {
            Err(error) if error.is_token_gone() => {
                initialize(&self.module)?;
                // If it is nowhere, it is away: what the module said is the better error.
                access.slot = find_slot(&self.module, &self.name).map_err(|_| error)?;
                open(&self.module, access.slot).map_err(failed)?
            }
            session => session?,
        };
        self.log_in(&session, &mut access)?;
        Ok(session)
    }

    /// Login is by application and token, not by session (PKCS#11 v2.40 usage guide, section 2.6.4): mostly there is nothing
    /// to do here.
    fn log_in(&self, session: &Session, access: &mut Access) -> Result<(), Pkcs11Error> {
        if is_user(session)? {
            return Ok(());
        }
        let info = self.module.get_token_info(access.slot).map_err(failed)?;
        let pin = match &self.pin {
            Some(pin) => Some(pin().map_err(Pkcs11Error::PinCallback)?.into_auth_pin()),
            None if !info.login_required() => return Ok(()),
            None if info.protected_authentication_path() => None,
            None => return Err(Pkcs11Error::NoPin),
        };
        match session.login(UserType::User, pin.as_ref()) {
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => {
                let error = failed(error);
                match error.refused_pin() {
                    Some(code) => {
                        access.refused = Some(code.to_owned());
                        Err(Pkcs11Error::PinRefused { code: code.to_owned() })
                    }
                    None => Err(error),
                }
            }
        }
    }
}

fn is_user(session: &Session) -> Result<bool, Pkcs11Error> {
    let state = session.get_session_info().map_err(failed)?.session_state();
    Ok(matches!(state, SessionState::RoUser | SessionState::RwUser))
}

impl TokenPin {
    /// The wrapper crate overwrites its copy too.
    fn into_auth_pin(self) -> AuthPin {
        AuthPin::new(Box::from(self.0.as_str()))
    }
}

/// The labels of the tokens that a module has. An empty slot, and a token that nobody has given a label, has none.
pub(super) fn labels(path: &Path) -> Result<Vec<String>, Pkcs11Error> {
    let module = load(path)?;
    let infos =
        module.get_slots_with_token().map_err(failed)?.into_iter().filter_map(|slot| module.get_token_info(slot).ok());
    Ok(infos.filter(|info| info.token_initialized()).map(|info| info.label().to_owned()).collect())
}

fn find_slot(module: &Pkcs11, name: &TokenName) -> Result<Slot, Pkcs11Error> {
    let slots = module.get_slots_with_token().map_err(failed)?;
    // A slot that cannot be read must not hide the others.
    let labelled = slots.into_iter().filter_map(|slot| {
        let info = module.get_token_info(slot).ok()?;
        Some((slot, info.label().to_owned()))
    });
    let labelled: Vec<(Slot, String)> = labelled.collect();
    let fits = |slot: &Slot, label: &str| match name {
        TokenName::Label(wanted) => label == wanted,
        TokenName::Slot(wanted) => slot.id() == *wanted,
    };
    let fitting: Vec<Slot> = labelled.iter().filter(|(slot, label)| fits(slot, label)).map(|(slot, _)| *slot).collect();
    match (fitting.as_slice(), name) {
        ([slot], _) => Ok(*slot),
        ([_, _, ..], TokenName::Label(label)) => {
            Err(Pkcs11Error::TokenAmbiguous { label: label.clone(), count: fitting.len() })
        }
        _ => Err(Pkcs11Error::NoToken {
            wanted: name.to_string(),
            found: labelled.into_iter().map(|(_, label)| label).filter(|label| !label.is_empty()).collect(),
        }),
    }
}
