//! Tests that need a process to themselves.

use std::process::Command;

/// Names the test that a child process is for.
const CHILD: &str = "ISSUANCE_TEST_CHILD";

/// Whether this process runs `test` alone.
pub fn is_child(test: &str) -> bool {
    std::env::var(CHILD).is_ok_and(|child| child == test)
}

/// Runs `test`, by its path in its binary, in a process of its own, and returns what it printed.
pub fn run_child(test: &str, environment: &[(&str, &std::ffi::OsStr)]) -> String {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .envs(environment.iter().copied())
        .env(CHILD, test)
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|output| String::from_utf8_lossy(&output).into_owned()).join("\n");
    println!("{said}");
    assert!(child.status.success(), "{}: {said}", child.status);
    assert!(said.contains("1 passed"), "{said}");
    said
}

/// Runs `body` in a process of its own, for the test at this path in its binary.
pub fn alone(test: &str, body: impl FnOnce()) {
    if is_child(test) { body() } else { drop(run_child(test, &[])) }
}
