//! A signer in a process of its own, which writes down what it is asked to sign before it signs, and its client.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::{AsyncSigner, Signer, SigningAlgorithm};
use issuance_test_support::ca::CA_KEY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::point::{Fuse, Point};

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;

fn socket(folder: &Path) -> PathBuf {
    folder.join("signer.socket")
}

fn log(folder: &Path) -> PathBuf {
    folder.join("signed")
}

fn answer(mut stream: UnixStream, log: &Mutex<File>) -> io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut message)?;
    {
        let mut log = log.lock().unwrap();
        log.write_all(&[&length[..], &message].concat())?;
        log.sync_data()?;
    }
    let signature = CA_KEY.sign(ALGORITHM, &message).map_err(io::Error::other)?;
    let bytes = signature.as_bytes();
    stream.write_all(&[&(bytes.len() as u32).to_be_bytes()[..], bytes].concat())
}

/// Signs until it is killed.
pub(crate) fn serve(folder: &Path) -> io::Result<()> {
    let log = Arc::new(Mutex::new(OpenOptions::new().append(true).create(true).open(log(folder))?));
    let _ = std::fs::remove_file(socket(folder));
    for stream in UnixListener::bind(socket(folder))?.incoming() {
        let (stream, log) = (stream?, Arc::clone(&log));
        // A caller that has died is no failure of the signer.
        thread::spawn(move || drop(answer(stream, &log)));
    }
    Ok(())
}

/// Everything that it was asked to sign, in order. A last entry that was cut off was never signed.
pub(crate) fn signed(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(log(folder))?;
    let (mut rest, mut all) = (&bytes[..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let Some((message, after)) = after.split_at_checked(u32::from_be_bytes(*length) as usize) else { break };
        all.push(message.to_vec());
        rest = after;
    }
    Ok(all)
}

/// The signer's client, in a worker.
pub(crate) struct Client {
    pub(crate) folder: PathBuf,
    pub(crate) fuse: Arc<Fuse>,
}

impl Client {
    async fn ask(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = tokio::net::UnixStream::connect(socket(&self.folder)).await?;
        stream.write_all(&[&(message.len() as u32).to_be_bytes()[..], message].concat()).await?;
        let length = stream.read_u32().await?;
        let mut signature = vec![0; length as usize];
        stream.read_exact(&mut signature).await?;
        Ok(signature)
    }
}

impl AsyncSigner for Client {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[ALGORITHM]
    }

    fn sign<'a>(&'a self, _: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            self.fuse.at(Point::BeforeSign);
            let signature = self.ask(message).await;
            self.fuse.at(Point::AfterSign);
            signature
                .map(Signature::new)
                .map_err(|error| SignError::backend("the signer did not answer").retryable().caused_by(error))
        })
    }
}
