//! Listening and stopping.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use console::Client;
use store::Store;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::world::{DEADLINE, Running};

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_with_the_daemon() {
    let console = Running::over(Store::in_memory()).await;
    let mode = std::fs::metadata(console.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let left: Vec<_> =
        std::fs::read_dir(console.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["stackwatch.sock"], "nothing else stays in the folder");
    let folder = console.stopped().await;
    let socket = folder.path().join("stackwatch.sock");
    assert!(!socket.exists());
    assert!(Client::connect(&socket).await.unwrap().is_none());
}

#[tokio::test]
async fn the_socket_of_a_dead_daemon_is_no_daemon_and_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("stackwatch.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    assert!(Client::connect(&socket).await.unwrap().is_none());
    let stop = CancellationToken::new();
    stop.cancel();
    console::serve(axum::Router::new(), None, socket.clone(), stop).await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_second_daemon_and_a_file_in_the_way_are_refused() {
    let console = Running::over(Store::in_memory()).await;
    let serve =
        |socket| console::serve(axum::Router::new(), None, socket, CancellationToken::new());
    let error = serve(console.socket()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse, "{error}");
    assert!(error.to_string().contains("another daemon answers"), "{error}");
    assert!(Client::connect(&console.socket()).await.unwrap().is_some(), "the first lives on");

    let file = console.folder.path().join("notes");
    std::fs::write(&file, "mine").unwrap();
    let error = serve(file.clone()).await.unwrap_err();
    assert!(error.to_string().contains("no socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn a_stop_waits_for_nobody_longer_than_five_seconds() {
    let console = Running::over(Store::in_memory()).await;
    // One that says nothing, and one that never ends its question.
    let _silent = TcpStream::connect(("127.0.0.1", console.port)).await.unwrap();
    let mut slow = TcpStream::connect(("127.0.0.1", console.port)).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
    let begun = Instant::now();
    console.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_data_folder_may_lie_deeper_than_the_path_of_a_socket_reaches() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(120)).join("e".repeat(120));
    std::fs::create_dir_all(&deep).unwrap();
    let socket = deep.join("stackwatch.sock");
    assert!(Client::connect(&socket).await.unwrap().is_none());
    let stop = CancellationToken::new();
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "here" }));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(console::serve(router, None, socket.clone(), stop.clone()));
    let up = async {
        loop {
            if let Some(client) = Client::connect(&socket).await.unwrap() {
                return client;
            }
            tokio::task::yield_now().await;
        }
    };
    let client = tokio::time::timeout(DEADLINE, up).await.unwrap();
    assert_eq!(&client.get("/").await.unwrap()[..], b"here");
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 0);
}
