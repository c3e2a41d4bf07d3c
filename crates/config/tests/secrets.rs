//! Secrets: named, found or missing, never shown.

use std::os::unix::fs::PermissionsExt;

use config::{Config, Environment};
use pipeline::{ChannelKind, Secret};

use crate::support::Folder;

fn webhook(secret: &str) -> String {
    format!(
        "[source.s]\nfeed.url = \"https://a.rs/\"\n[channel.a]\nwebhook = {{ url = \
         \"https://b.rs/\", secret = \"{secret}\" }}\n"
    )
}

fn secret_of(config: Config) -> Secret {
    match config.pipeline.channels.first().cloned().map(|channel| channel.kind) {
        Some(ChannelKind::Webhook { secret: Some(secret), .. }) => secret,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_secret_turns_its_channel_red_and_nothing_else() {
    let loaded = Folder::of(&webhook("env:HOOK")).load();
    assert_eq!(
        loaded.warnings[0].message,
        "the environment variable HOOK is not set: channel `a` stays red"
    );
    let secret = secret_of(loaded.config.expect("the rest runs"));
    assert_eq!(secret.reveal(), Err("the environment variable HOOK is not set"));

    let environment = Environment::from_iter([("HOOK", "hunter2")]);
    let loaded = Folder::of(&webhook("env:HOOK")).load_with(&environment);
    assert!(loaded.warnings.is_empty());
    let secret = secret_of(loaded.config.unwrap());
    assert_eq!(secret.reveal(), Ok("hunter2"));
    assert!(!format!("{secret:?} {environment:?}").contains("hunter2"));
}

#[test]
fn a_secret_in_a_file_is_read_relative_to_the_configuration() {
    let folder = Folder::of(&webhook("file:hook.secret"));
    folder.write("config/hook.secret", b"hunter2\n");
    let path = folder.path().join("config/hook.secret");
    let mode =
        |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    let loaded = folder.load();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(secret_of(loaded.config.unwrap()).reveal(), Ok("hunter2"));

    mode(0o644);
    let warnings = folder.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with("hook.secret can be read by everybody here: chmod o-rwx"),
        "{warnings:?}"
    );

    mode(0o600);
    for (bytes, says) in [
        (&b"\n"[..], "hook.secret is empty"),
        (b"a\nb", "control characters"),
        (b"\xff\xfe", "hook.secret cannot be read as text"),
    ] {
        folder.write("config/hook.secret", bytes);
        let loaded = folder.load();
        assert!(loaded.warnings[0].message.contains(says), "{:?}", loaded.warnings);
        assert!(secret_of(loaded.config.unwrap()).reveal().is_err());
    }
}

#[test]
fn a_secret_that_is_written_out_is_refused_and_not_repeated() {
    for literal in ["hunter2", "env:", "env:A-B", "file:", ""] {
        let problems = Folder::of(&webhook(literal)).problems();
        assert_eq!(problems.len(), 1, "{literal}");
        assert!(problems[0].contains("a secret is not written into the configuration"));
        assert!(!problems[0].contains("hunter2"));
    }
}

#[test]
fn headers_may_be_plain_or_secret() {
    let text = "[source.a]\nfeed.url = \"https://a.rs/\"\nheaders = { X-Plain = \"1\", x-key = \
                \"env:KEY\", authorization = \"Bearer abc\" }\n";
    let missing = Folder::of(text).warnings();
    let says = "the environment variable KEY is not set: source `a` stays red";
    assert!(missing.iter().any(|line| line.ends_with(says)), "{missing:?}");
    let environment = Environment::from_iter([("KEY", "k")]);
    let loaded = Folder::of(text).load_with(&environment);
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].message.starts_with("`headers.authorization` looks like a secret"));
    let config = loaded.config.unwrap();
    let headers: Vec<_> = config.pipeline.sources[0]
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.reveal().unwrap()))
        .collect();
    assert_eq!(headers, [("x-plain", "1"), ("authorization", "Bearer abc"), ("x-key", "k")]);
}
