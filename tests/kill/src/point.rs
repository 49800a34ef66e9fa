//! The named points of an issuance, a revocation and a list, and what dies or stops at them.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    BeforeReserve,
    AfterReserve,
    BeforeSign,
    AfterSign,
    BeforeCommit,
    AfterCommit,
    /// A revocation is recorded, and nobody was told.
    AfterRevoke,
    /// A list has its number, and nothing else.
    AfterNumber,
    /// A list is signed, and nobody has it.
    BeforePublication,
    /// While the disk of a file writes: some of what was written since the last sync arrives, some of it torn.
    InSync,
    /// The disk is full from then on.
    DiskFull,
}

impl Point {
    pub(crate) const OF_ISSUANCE: [Point; 9] = [
        Point::BeforeReserve,
        Point::AfterReserve,
        Point::BeforeSign,
        Point::AfterSign,
        Point::BeforeCommit,
        Point::AfterCommit,
        Point::AfterRevoke,
        Point::AfterNumber,
        Point::BeforePublication,
    ];
}

/// What happens to a worker when it comes to a point for the so many-th time: `BeforeSign:3:kill`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) point: Point,
    pub(crate) count: u32,
    pub(crate) freezes: bool,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}:{}:{}", self.point, self.count, if self.freezes { "freeze" } else { "kill" })
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [point, count, how] = parts[..] else { return Err(format!("'{text}' is not POINT:COUNT:HOW")) };
        let mut points = Point::OF_ISSUANCE.into_iter().chain([Point::InSync, Point::DiskFull]);
        let point = points.find(|it| format!("{it:?}") == point).ok_or(format!("there is no point '{point}'"))?;
        let count = count.parse().map_err(|_| format!("'{count}' is not a number"))?;
        Ok(Fault { point, count, freezes: how == "freeze" })
    }
}

/// Waits for the fault of this process.
#[derive(Debug)]
pub(crate) struct Fuse {
    fault: Option<Fault>,
    come: AtomicU32,
}

impl Fuse {
    pub(crate) fn new(fault: Option<Fault>) -> Fuse {
        Fuse { fault, come: AtomicU32::new(0) }
    }

    /// Whether the fault happens now.
    pub(crate) fn burns(&self, point: Point) -> bool {
        self.fault
            .is_some_and(|fault| fault.point == point && self.come.fetch_add(1, Ordering::SeqCst) + 1 == fault.count)
    }

    /// Whether it has happened.
    pub(crate) fn has_burnt(&self, point: Point) -> bool {
        self.fault.is_some_and(|fault| fault.point == point && self.come.load(Ordering::SeqCst) >= fault.count)
    }

    /// Ends or stops this process, if this is the point and the time.
    pub(crate) fn at(&self, point: Point) {
        if self.burns(point) {
            let freezes = self.fault.is_some_and(|fault| fault.freezes);
            die(if freezes { Signal::STOP } else { Signal::KILL });
        }
    }
}

pub(crate) fn die(signal: Signal) {
    let _ = kill_process(getpid(), signal);
}
