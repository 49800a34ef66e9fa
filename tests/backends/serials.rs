//! Serial numbers of the generator of AWS-LC.
//!
//! A process that goes on from the memory of another one (a fork without another program, a snapshot that is resumed twice) is not tried
//! here, since the standard library has no such call; AWS-LC tests its generator after a fork (`crypto/ube/fork_ube_detect_test.cc`).

use std::collections::HashSet;
use std::process::Command;
use std::thread;

use issuance::SerialNumber;
use issuance::issue::{AwsLcSerial, SerialSource};

/// Set for the processes that this test starts.
const IS_CHILD: &str = "ISSUANCE_TEST_DRAWS_SERIALS";
const DRAWS: usize = 1_000;

fn draw() -> Vec<SerialNumber> {
    (0..DRAWS).map(|_| AwsLcSerial.next_serial().unwrap()).collect()
}

/// In a process of its own.
fn draw_elsewhere() -> Vec<SerialNumber> {
    let own = std::env::current_exe().unwrap();
    let test = "serials::r_enc_1_neither_threads_nor_processes_repeat_a_number";
    let output = Command::new(own).args(["--exact", test, "--nocapture"]).env(IS_CHILD, "1").output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let drawn: Vec<_> =
        lines.lines().filter_map(|line| SerialNumber::from_hex(line.strip_prefix("drew ")?).ok()).collect();
    assert_eq!(drawn.len(), DRAWS, "{lines}");
    drawn
}

#[test]
fn r_enc_1_neither_threads_nor_processes_repeat_a_number() {
    if std::env::var_os(IS_CHILD).is_some() {
        draw().iter().for_each(|serial| println!("\ndrew {}", serial.to_hex()));
        return;
    }
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(draw)).collect();
    let mut drawn = draw();
    drawn.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
    drawn.extend([draw_elsewhere(), draw_elsewhere(), draw()].concat());
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 8 * DRAWS);
    // 128 bits: among so many, the first and the last of them are set in some and not in others.
    for bit in [0, 127] {
        let is_set = |serial: &&SerialNumber| {
            let mut bytes = [0; 16];
            let given = serial.as_be_bytes();
            bytes[16 - given.len()..].copy_from_slice(given);
            u128::from_be_bytes(bytes) >> bit & 1 == 1
        };
        let set = drawn.iter().filter(is_set).count();
        assert!((3 * DRAWS..5 * DRAWS).contains(&set), "bit {bit} is set in {set} of {}", drawn.len());
    }
}
