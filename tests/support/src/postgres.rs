//! A PostgreSQL server for tests: on loopback, in a folder of its own, by a user that may run it; removed when the process ends,
//! whatever ends it.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The password of the role `postgres`.
pub const PASSWORD: &str = "a password for tests";

/// A server and its folder.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    user: Option<&'static str>,
}

/// The folder of the newest `initdb` and `pg_ctl`: Debian has one a version, outside of PATH.
fn programs() -> Option<PathBuf> {
    let given = std::env::var_os("ISSUANCE_POSTGRES_BIN").map(PathBuf::from);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let folders = given.into_iter().chain(newest_first).chain(std::env::split_paths(&path));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn succeeded(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}", said.join("\n"));
    said.into_iter().next().unwrap_or_default()
}

/// The server refuses to run as root, so root runs it as somebody else.
fn user() -> Option<&'static str> {
    let mut id = Command::new("id");
    id.arg("-u");
    let is_root = succeeded(id).trim() == "0";
    let is_there = |user: &&str| {
        Command::new("id").arg(user).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    is_root.then(|| ["postgres", "nobody"].into_iter().find(is_there).expect("root needs a user to run PostgreSQL as"))
}

impl Server {
    /// Starts a server with these settings beside the usual, such as `fsync=off`. Without the programs it says so and gives none,
    /// or fails where `ISSUANCE_REQUIRE_JUDGES` is set.
    pub fn start(settings: &[&str]) -> Option<Server> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(programs) = programs() else {
            let said =
                "there is no PostgreSQL: install `postgresql`, or name the folder of initdb in ISSUANCE_POSTGRES_BIN";
            assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "{said}");
            // Past the harness, which keeps the output of tests that pass to itself.
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {said} ***\n");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("issuance-postgres-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Server { programs, folder, port, user: user() };
        server.remove_with_this_process();
        server.write("password", PASSWORD.as_bytes());
        if let Some(user) = server.user {
            let mut own = Command::new("chown");
            own.args(["-R", user]).arg(&server.folder);
            succeeded(own);
        }
        let mut initdb = server.command("initdb");
        initdb.args(["--no-sync", "--no-locale", "--encoding=UTF8", "--username=postgres"]);
        initdb
            .args(["--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile"])
            .arg(server.folder.join("password"));
        initdb.arg("-D").arg(server.data());
        succeeded(initdb);
        let mut conf = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nmax_connections = 200\n",
            server.folder.display()
        );
        for setting in settings {
            conf += &format!("{setting}\n");
        }
        let path = server.data().join("postgresql.auto.conf");
        std::fs::write(path, conf).unwrap();
        server.start_again();
        Some(server)
    }

    /// A shell that outlives this process stops the server and removes the folder.
    fn remove_with_this_process(&self) {
        let script = "while kill -0 \"$1\" 2>/dev/null && [ -d \"$2\" ]; do sleep 0.5; done; \
                      [ -f \"$2/data/postmaster.pid\" ] && kill -QUIT \"$(head -n 1 \"$2/data/postmaster.pid\")\"; \
                      sleep 0.5; rm -rf \"$2\"";
        let mut shell = Command::new("setsid");
        shell.args(["--fork", "sh", "-c", script, "sh", &std::process::id().to_string()]).arg(&self.folder);
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder, for files beside the data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file beside the data that the server alone may read.
    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        let mut mode = Command::new("chmod");
        mode.arg("0600").arg(&path);
        succeeded(mode);
        if let Some(user) = self.user {
            let mut own = Command::new("chown");
            own.arg(user).arg(&path);
            succeeded(own);
        }
        path
    }

    /// A program of PostgreSQL, as the user that runs the server.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = match self.user {
            None => Command::new(path),
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command
            }
        };
        // A folder that every user may stand in.
        command.current_dir("/");
        command
    }

    fn control(&self, arguments: &[&str]) {
        let mut control = self.command("pg_ctl");
        control
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(["-w", "-t", "120"])
            .args(arguments);
        // The server keeps what it inherits; without an output it holds no pipe open.
        let status = control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(
            status.success(),
            "pg_ctl {arguments:?}: {}",
            std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }

    /// Starts it once more, after a stop.
    pub fn start_again(&self) {
        self.control(&["start"]);
    }

    /// Stops it without a word to its clients: what it acknowledged is in the log that it reads when it starts again.
    pub fn stop_at_once(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL for the role `postgres`, which may do everything. It has no password in it.
    pub fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs SQL as the role `postgres`, and returns the rows: values separated by `|`.
    pub fn sql(&self, text: &str) -> String {
        let mut psql = self.command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"]);
        psql.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-c", text]);
        succeeded(psql).trim_end().to_owned()
    }

    /// A schema and its rows as SQL, without the commands of psql.
    pub fn dump(&self, schema: &str) -> String {
        let mut dump = self.command("pg_dump");
        dump.args(["--inserts", "--no-owner", "--no-privileges", "-U", "postgres", "-d", "postgres", "-n", schema]);
        dump.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string()]);
        let text = succeeded(dump);
        let lines = text.lines().filter(|line| !line.starts_with('\\') && !line.starts_with("--") && !line.is_empty());
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut control = self.command("pg_ctl");
        control.arg("-D").arg(self.data()).args(["stop", "-m", "immediate"]);
        let _ = control.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
