//! Folders and files in which nobody would expect a configuration.

use std::os::unix::fs::{PermissionsExt, symlink};

use config::{Environment, load};

use crate::support::{Folder, SETTINGS};

#[test]
fn odd_files_are_one_clear_line_each() {
    let folder = Folder::with(&[
        ("config/a.toml", SETTINGS),
        ("config/.hidden.toml", "["),
        ("config/notes.md", "["),
    ]);
    folder.write("config/latin.toml", b"# a\n# \xe8\n");
    folder.write("config/big.toml", &vec![b'#'; (4 << 20) + 1]);
    folder.write("config/folder.toml/b.toml", b"x = 1\n");
    symlink("gone", folder.path().join("config/link.toml")).unwrap();
    symlink(".", folder.path().join("config/self")).unwrap();
    std::os::unix::net::UnixListener::bind(folder.path().join("config/s.toml")).unwrap();
    let problems = folder.problems();
    assert_eq!(
        problems[..2],
        [
            "config/big.toml: is larger than 4 MiB",
            "config/folder.toml/b.toml:1:1: unknown field `x`, expected one of `data`, `watchlists`, \
         `contact`, `timezone`, `fetch`, `store`, `keep`, `console`, `heartbeat`, `websub`, `source`, \
         `channel`, `alert`, `digest`, `vendor`, `layer`, `event`, `counterparty`, `place`, `origin`",
        ]
    );
    assert_eq!(
        problems[2..],
        [
            "config/latin.toml: is not UTF-8: line 2 has a byte that cannot be read",
            "config/link.toml: does not exist",
            "config/s.toml: is not a regular file",
            "config/self: leads to a folder that is read already",
        ]
    );
}

#[test]
fn a_place_without_configuration_says_so() {
    let folder = Folder::with(&[]);
    assert_eq!(folder.problems(), ["config: there is no *.toml file in this folder"]);
    let gone = load(&folder.path().join("gone"), &Environment::default());
    assert_eq!(folder.lines(&gone.problems), ["gone: does not exist"]);
    assert!(gone.config.is_none());
}

#[test]
fn a_file_nobody_may_read_is_named() {
    let folder = Folder::with(&[("config/a.toml", SETTINGS), ("config/b.toml", "")]);
    let path = folder.path().join("config/b.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads it all the same.
    let expected: &[&str] = match std::fs::File::open(&path) {
        Ok(_) => &[],
        Err(_) => &["config/b.toml: cannot be read: permission denied"],
    };
    assert_eq!(folder.problems(), expected);
}

#[test]
fn one_file_can_be_everything() {
    let text = format!(
        "data = \"d\"\n{SETTINGS}[source.a]\nfeed.url = \"https://a.rs/\"\n[channel.log]\n\
         file.path = \"a.jsonl\"\n[vendor.zte]\nnames = [\"ZTE\"]\n[alert.a]\n\
         when.vendor = [\"zte\"]\nto = [\"log\"]\nmatches = [\"ZTE u Nišu\"]\n"
    );
    let folder = Folder::with(&[("one.toml", &text)]);
    let loaded = load(&folder.path().join("one.toml"), &Environment::default());
    assert_eq!(folder.lines(&loaded.problems), Vec::<String>::new());
    let config = loaded.config.unwrap();
    assert_eq!(config.data, folder.path().canonicalize().unwrap().join("d"));
    assert_eq!((config.pipeline.sources.len(), loaded.files, loaded.examples), (1, 1, 1));
}

#[test]
fn a_name_of_a_file_never_acts_on_a_terminal() {
    let folder = Folder::with(&[("config/a.toml", SETTINGS)]);
    folder.write("config/\u{1b}[31m.toml", b"x\x1b = 1\n");
    let problems = folder.problems();
    assert!(!problems.is_empty());
    assert!(problems.iter().all(|line| !line.contains('\u{1b}')), "{problems:?}");
}

/// As `scripts/stackwatch.service` lays it out: everything below `/etc/stackwatch`.
#[test]
fn watchlists_inside_the_configuration_folder_are_read_once() {
    let folder = Folder::with(&[
        ("config/a.toml", &format!("watchlists = \"lists\"\n{SETTINGS}")),
        (
            "config/lists/v.toml",
            "[vendor.x]\nlabel = \"X\"\nnames = [\"Xanadu\"]\nmatches = [\"Xanadu\"]\n",
        ),
    ]);
    assert_eq!(folder.problems(), Vec::<String>::new());
    let loaded = load(&folder.path().join("config"), &Environment::default());
    assert_eq!(loaded.entries, 1);
}
