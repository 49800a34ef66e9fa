//! Ceremonies: files that are prepared, signed at a key elsewhere, and finished by any replica, or given up.

use issuance::issue::PreparedFile;
use issuance::{Error, IssueCertificateRequest, OfflineIssuer};

use crate::world::{By, World, serial_of};

/// The files of one schedule, and how each has ended.
#[derive(Default)]
pub(crate) struct Files(Vec<(PreparedFile, Option<Ended>)>);

/// With a certificate, or without one.
type Ended = Option<Vec<u8>>;

impl Files {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn prepare(&mut self, world: &World, issuer: &OfflineIssuer, request: &IssueCertificateRequest) {
        if let Ok(file) = issuer.prepare_file(request) {
            self.0.push((file, None));
            world.lock().counts.files += 1;
        }
    }

    fn note(&mut self, world: &World, place: usize, ended: Ended) {
        let before = self.0[place].1.get_or_insert_with(|| ended.clone());
        if *before != ended {
            world.lock().bad("I9: a prepared file has ended in two ways".to_owned());
        }
    }

    /// The key signs once more, and the file is finished with that. Says whether it has ended.
    pub(crate) fn finish(&mut self, world: &World, issuer: &OfflineIssuer, place: usize) -> bool {
        let file = &self.0[place].0;
        let signature = world.lock().sign(file.tbs_der(), By::Ceremony);
        match issuer.finish_file(file, &signature) {
            Ok(certificate) => {
                world.lock().issued(None, &certificate, None);
                self.note(world, place, Some(certificate.der().to_vec()));
                true
            }
            Err(Error::Abandoned { .. }) => {
                self.note(world, place, None);
                true
            }
            Err(_) => false,
        }
    }

    /// Gives a file up. Says whether it has ended.
    pub(crate) fn abandon(&mut self, world: &World, issuer: &OfflineIssuer, place: usize) -> bool {
        let Ok(certificate) = issuer.abandon_file(&self.0[place].0, "given up") else { return false };
        self.note(world, place, certificate.map(|certificate| certificate.der().to_vec()));
        true
    }

    /// Without faults: every file has ended or ends now.
    pub(crate) fn end(&mut self, world: &World, issuer: &OfflineIssuer) {
        for place in 0..self.len() {
            let serial = serial_of(self.0[place].0.tbs_der());
            let has_ended = self.finish(world, issuer, place) || self.abandon(world, issuer, place);
            if !has_ended && !world.lock().database.pruned.contains(&serial) {
                world.lock().bad(format!("I9: the file of {serial} does not end"));
            }
        }
    }
}
