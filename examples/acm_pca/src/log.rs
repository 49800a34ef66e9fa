//! The request log: one line a request on standard error.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use axum::http::StatusCode;
use issuance::Timestamp;
use issuance::api::Fault;

/// What there is to say of one request beside its outcome.
#[derive(Default)]
pub(crate) struct Entry {
    /// The authority that it is about.
    pub(crate) authority: Option<String>,
    /// What the operator should know: the certificate, what of the request was not used and why, the cause of a failure.
    pub(crate) remarks: Vec<String>,
}

impl Entry {
    pub(crate) fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }
}

/// The most characters of a line.
const LONGEST: usize = 4000;

/// The line of one request.
pub(crate) fn line(
    now: Timestamp,
    operation: &str,
    status: StatusCode,
    fault: Option<&Fault>,
    entry: &Entry,
) -> String {
    let authority = entry.authority.as_deref().unwrap_or("-");
    let mut line = format!("{now} {operation} {authority} {}", status.as_u16());
    if let Some(fault) = fault {
        // Cannot fail: a String takes everything.
        let _ = write!(line, " {fault}");
    }
    for remark in &entry.remarks {
        let _ = write!(line, "; {remark}");
    }
    one_line(&line)
}

/// Text of callers' must not begin lines or drive terminals.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    for (position, character) in text.chars().enumerate() {
        match character {
            _ if position == LONGEST => {
                line.push_str(" ...");
                break;
            }
            ' '..='~' => line.push(character),
            _ => line.extend(character.escape_default()),
        }
    }
    line.push('\n');
    line
}

/// An error with its causes, but for those that it tells itself.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(next) = cause {
        let text = next.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = next.source();
    }
    said
}

/// How many lines may wait to be written.
const MOST_WAITING: usize = 10_000;

/// Writes lines on a thread of its own: who started the service may not read what it writes, and requests must not wait for that.
pub(crate) struct Log {
    lines: SyncSender<String>,
    dropped: Arc<AtomicU64>,
}

impl Log {
    /// A log that ends when it is dropped and its last line is written.
    pub(crate) fn start(output: impl Write + Send + 'static) -> Log {
        let (lines, waiting) = sync_channel(MOST_WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&dropped);
        thread::spawn(move || write_lines(waiting, &count, output));
        Log { lines, dropped }
    }

    pub(crate) fn write(&self, line: String) {
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How much is written at once: into a pipe, as much goes in one piece.
const MOST_AT_ONCE: usize = 4096;

/// How long lines gather after some were written. Who answers a request need not wake the thread that writes for each.
const GATHERS: Duration = Duration::from_millis(5);

/// Whole lines in one call of the system, so that lines of others do not come between.
fn write_lines(waiting: Receiver<String>, dropped: &AtomicU64, mut output: impl Write) {
    while let Ok(mut lines) = waiting.recv() {
        for line in waiting.try_iter() {
            if lines.len() + line.len() > MOST_AT_ONCE {
                // Nobody is there to be told that the log cannot be written.
                let _ = output.write_all(lines.as_bytes());
                lines.clear();
            }
            lines.push_str(&line);
        }
        let _ = output.write_all(lines.as_bytes());
        match dropped.swap(0, Ordering::Relaxed) {
            0 => {}
            count => drop(writeln!(output, "{count} lines are missing here: nobody read them")),
        }
        thread::sleep(GATHERS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use issuance::AwsException;
    use std::sync::mpsc::{Sender, channel};

    /// An output that nobody reads until the gate is open, and what was written then.
    struct Gated(Receiver<()>, Sender<String>);

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // Open for good once the other end is gone.
            let _ = self.0.recv();
            self.1.send(String::from_utf8_lossy(bytes).into_owned()).map_err(std::io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn requests_do_not_wait_for_who_reads_the_log_and_what_is_lost_is_told() {
        let (gate, closed) = channel();
        let (sent, written) = channel();
        let log = Log::start(Gated(closed, sent));
        for number in 0..2 * MOST_WAITING {
            log.write(format!("line {number}\n"));
        }
        drop((gate, log));
        let mut all = String::new();
        while let Ok(text) = written.recv_timeout(Duration::from_secs(60)) {
            all += &text;
        }
        let lines = all.lines().filter(|line| line.starts_with("line ")).count();
        let missing: usize = all
            .lines()
            .filter_map(|line| line.strip_suffix(" lines are missing here: nobody read them"))
            .map(|count| count.parse::<usize>().unwrap())
            .sum();
        assert!(missing > 0);
        assert_eq!(lines + missing, 2 * MOST_WAITING);
    }

    #[test]
    fn a_request_is_one_line() {
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let fault = Fault::new(AwsException::Validation, "a\r\nb\u{1b}[31m\u{202e}é");
        let entry = Entry { authority: Some("arn".to_owned()), remarks: vec!["x".to_owned(), "y".repeat(5000)] };
        let line = line(now, "IssueCertificate", StatusCode::BAD_REQUEST, Some(&fault), &entry);
        let start = "2027-01-15T08:00:00Z IssueCertificate arn 400 ValidationException: a\\r\\nb\\u{1b}[31m\\u{202e}\\u{e9}; x; y";
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with("y ...\n") && line.matches('\n').count() == 1 && line.len() < 4100);
    }
}
