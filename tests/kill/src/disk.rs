//! A disk under a file of redb: what was written since the last sync is lost with the process, or arrives in part.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use issuance_test_support::chance::Chance;
use redb::StorageBackend;
use rustix::process::Signal;

use crate::point::{Fuse, Point, die};

/// What a sector of the disk holds: less is never torn.
const SECTOR: usize = 512;

#[derive(Debug)]
enum Step {
    Length(u64),
    Write(u64, Vec<u8>),
}

impl Step {
    fn run(&self, file: &File) -> io::Result<()> {
        match self {
            Step::Length(length) => file.set_len(*length),
            Step::Write(offset, bytes) => file.write_all_at(bytes, *offset),
        }
    }
}

#[derive(Debug)]
struct Content {
    now: Vec<u8>,
    since_sync: Vec<Step>,
    seed: u64,
}

#[derive(Debug)]
pub(crate) struct Disk {
    file: File,
    content: Mutex<Content>,
    fuse: Arc<Fuse>,
}

impl Disk {
    pub(crate) fn open(path: &Path, fuse: Arc<Fuse>, seed: u64) -> io::Result<Disk> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let now = std::fs::read(path)?;
        Ok(Disk { file, content: Mutex::new(Content { now, since_sync: Vec::new(), seed }), fuse })
    }

    /// Some of the steps arrive, in any order, writes up to any sector; then the power fails.
    fn tear(&self, content: &mut Content) -> io::Result<()> {
        let mut chance = Chance::new(content.seed);
        let mut steps = std::mem::take(&mut content.since_sync);
        // A length is of the file's directory, which is kept in order.
        for step in steps.iter().filter(|step| matches!(step, Step::Length(_))) {
            step.run(&self.file)?;
        }
        chance.shuffle(&mut steps);
        let arrive = chance.below(steps.len() as u64 + 1) as usize;
        for step in &mut steps[..arrive] {
            if let Step::Write(_, bytes) = step {
                let sectors = bytes.len().div_ceil(SECTOR) as u64;
                bytes.truncate(SECTOR * (chance.below(sectors) as usize + 1));
                step.run(&self.file)?;
            }
        }
        self.file.sync_data()?;
        die(Signal::KILL);
        Ok(())
    }

    fn refuse_when_full(&self) -> io::Result<()> {
        if self.fuse.has_burnt(Point::DiskFull) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.content.lock().unwrap();
        let bytes = content.now.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        if length as usize > content.now.len() {
            self.refuse_when_full()?;
        }
        content.now.resize(length as usize, 0);
        content.since_sync.push(Step::Length(length));
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.fuse.burns(Point::DiskFull);
        self.refuse_when_full()?;
        let mut content = self.content.lock().unwrap();
        content.now[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
        content.since_sync.push(Step::Write(offset, bytes.to_vec()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        if self.fuse.burns(Point::InSync) {
            self.tear(&mut content)?;
        }
        content.since_sync.drain(..).try_for_each(|step| step.run(&self.file))?;
        self.file.sync_data()
    }
}
