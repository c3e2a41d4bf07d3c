//! The real binary in a folder of its own.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::running::{Running, finish};

/// A folder with a small working configuration, and the binary that reads it. Made by chaining;
/// started, stopped and started again as often as a test likes. The folder goes with the value.
///
/// It holds `config/`, `watchlists/` and, once the daemon has run, `data/`. Loopback may be
/// addressed, requests follow each other without a pause, the console listens on a free port,
/// alerts about Huawei and Nuctech go to `data/alerts.jsonl`.
pub struct Daemon {
    binary: PathBuf,
    folder: TempDir,
    feeds: Vec<(String, String)>,
    every: String,
    environment: Vec<(String, String)>,
}

const SETTINGS: &str = r#"data       = "../data"
watchlists = "../watchlists"
contact    = "https://monitoring.invalid/about"
timezone   = "UTC"
[fetch]
parallel = 8
per_host = 4
spacing  = "0s"
timeout  = { connect = "2s", idle = "2s", total = "5s" }
allow    = ["127.0.0.0/8"]
[store]
min_free = "1 MiB"
[console]
listen = "127.0.0.1:0"
"#;

const CHANNELS: &str = r#"[channel.log]
file = { path = "alerts.jsonl" }
"#;

const ALERTS: &str = r#"[alert.new-mention]
label       = "New Huawei or Nuctech mention"
when.vendor = ["huawei", "nuctech"]
to          = ["log"]
"#;

const DIGESTS: &str = r#"[digest.morning]
label       = "Morning digest"
at          = "07:00"
days        = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
when.vendor = ["*"]
to          = ["log"]
formats     = ["md"]
"#;

const VENDORS: &str = r#"[vendor.huawei]
label   = "Huawei"
names   = ["Huawei"]
matches = ["Huawei opens an office"]
[vendor.nuctech]
label   = "Nuctech"
names   = ["Nuctech"]
matches = ["Nuctech scanners at the border"]
"#;

const LAYERS: &str = r#"[layer.network]
label   = "Network infrastructure"
words   = ["5G", "base station"]
matches = ["a 5G base station"]
"#;

impl Daemon {
    /// For the binary at `binary`: root tests pass `env!("CARGO_BIN_EXE_stackwatch")`.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        let folder = tempfile::Builder::new().prefix("stackwatch-").tempdir();
        let daemon = Self {
            binary: binary.as_ref().to_owned(),
            folder: folder.expect("a temporary folder"),
            feeds: Vec::new(),
            every: "15m".into(),
            environment: Vec::new(),
        };
        daemon
            .file("config/stackwatch.toml", SETTINGS)
            .file("config/channels.toml", CHANNELS)
            .file("config/alerts.toml", ALERTS)
            .file("config/digests.toml", DIGESTS)
            .file("watchlists/vendors.toml", VENDORS)
            .file("watchlists/layers.toml", LAYERS)
            .write_feeds()
    }

    /// Adds a source of kind `feed`.
    #[must_use]
    pub fn feed(mut self, id: &str, url: impl Into<String>) -> Self {
        self.feeds.push((id.into(), url.into()));
        self.write_feeds()
    }

    /// The interval of all feeds, `15m` otherwise.
    #[must_use]
    pub fn every(mut self, every: &str) -> Self {
        self.every = every.into();
        self.write_feeds()
    }

    /// Writes a file of the folder, `config/alerts.toml` for example, in place of what is there.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.write(path, content);
        self
    }

    /// A variable of the environment of every later start.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// As [`Daemon::file`], while it runs.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("a file of the folder has a parent");
        fs::create_dir_all(parent).expect("making a folder");
        fs::write(&path, content).expect("writing a file");
    }

    /// The text of a file of the folder, empty while there is none.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// A path inside the folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Runs `stackwatch --config FOLDER/config ARGS…` to its end.
    pub fn command(&self, args: &[&str]) -> Output {
        self.command_with_input(args, b"")
    }

    /// As [`Daemon::command`], with something on standard input.
    pub fn command_with_input(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = self.prepare(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(spawn(&mut command), input, args)
    }

    /// Every source once.
    pub fn run_once(&self) -> Output {
        self.command(&["run", "--once"])
    }

    /// Starts `stackwatch run`. What it says goes to `log` in the folder ([`Running::log`]).
    pub fn start(&self) -> Running {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log"));
        let log = log.expect("opening the log");
        let mut command = self.prepare(&["run"]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log);
        Running::new(spawn(&mut command), self.folder.path())
    }

    fn prepare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.path("config")).args(args).current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn write_feeds(self) -> Self {
        let mut text = String::new();
        for (id, url) in &self.feeds {
            text.push_str(&format!(
                "[source.{id}]\nname     = \"Source {id}\"\nfeed.url = \"{url}\"\n\
                 every    = \"{}\"\ncategory = \"local-news\"\n",
                self.every
            ));
        }
        self.file("config/sources/feeds.toml", &text)
    }
}

/// Starts a process. A binary that was written a moment ago may still be open in a child that
/// another thread is just forking: that passes.
fn spawn(command: &mut Command) -> Child {
    let mut tries = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tries < 1000 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
            spawned => return spawned.expect("starting the binary"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::wait_until;

    /// A folder with a shell script in place of the binary.
    fn daemon(script: &str) -> (Daemon, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("binary");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        (Daemon::new(&binary), folder)
    }

    #[test]
    fn a_command_gets_its_configuration_arguments_input_and_environment() {
        let (daemon, _folder) =
            daemon("echo \"$@\"; cat; echo $WORD; cat \"$2/sources/feeds.toml\"");
        let daemon =
            daemon.feed("a", "http://127.0.0.1:1/a.xml").every("1h").env("WORD", "from env");
        let output = daemon.command_with_input(&["tag", "--json"], b"input\n");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("/config tag --json\ninput\nfrom env\n[source.a]\n"), "{text}");
        assert!(
            text.contains("feed.url = \"http://127.0.0.1:1/a.xml\"\nevery    = \"1h\""),
            "{text}"
        );
    }

    #[test]
    fn a_running_daemon_gets_its_signals() {
        let script = "trap 'echo again' HUP; trap 'echo bye; exit 3' TERM; echo ready; \
                      while :; do sleep 0.01; done";
        let (daemon, _folder) = daemon(script);
        let mut running = daemon.start();
        let soon = Duration::from_secs(20);
        running.wait_until(soon, |running| running.log().contains("ready"));
        running.hangup();
        running.wait_until(soon, |running| running.log().contains("again"));
        let stopped = running.terminate();
        assert_eq!(stopped.status.code(), Some(3));
        assert!(daemon.read("log").ends_with("bye\n"));
        let mut running = daemon.start();
        wait_until("the second start", || daemon.read("log").matches("ready").count() == 2);
        assert!(running.is_running());
        assert_eq!(running.kill().code(), None, "killed");
    }
}
