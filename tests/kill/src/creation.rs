//! Processes die while they make the file of a ledger.

use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use issuance::ledger::RedbLedger;
use issuance_test_support::chance::Chance;

use crate::runner::spawn;

/// Makes one ledger after the other, until it is killed.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    for number in 0u64.. {
        RedbLedger::open(folder.join(format!("{number}.redb"))).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Kills so many that make ledgers, and opens each file that they leave.
///
/// # Errors
/// A file that cannot be opened.
pub(crate) fn kill(folder: &Path, kills: u64, chance: &mut Chance) -> io::Result<()> {
    for _ in 0..kills {
        std::fs::create_dir(folder)?;
        let mut maker = spawn(&["make".to_owned(), folder.display().to_string()])?;
        sleep(Duration::from_micros(chance.below(60_000)));
        maker.kill()?;
        maker.wait()?;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "redb") {
                RedbLedger::open(path).map_err(io::Error::other)?;
            }
        }
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}
