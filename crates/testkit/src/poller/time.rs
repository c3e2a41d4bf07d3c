//! Virtual time over real sockets.
//!
//! tokio's paused clock moves on by itself when nothing is runnable, even while bytes lie in a
//! socket: two halves of one exchange would time out on each other. So nothing moves it here but
//! [`Time::step`], and that is called only at rest: when the sockets were looked at several times
//! in a row and the origin at their other end found nothing to do. Unix sockets hand bytes over
//! within the call that writes them, everything runs on one thread, and work on blocking threads
//! holds the clock by tokio's own rule, so rest is really rest.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use tokio::time::Instant;

/// So often all sockets are looked at without finding anything before time may move on.
const LOOKS: u32 = 8;

/// Moves the clock of its runtime.
#[derive(Clone, Default)]
pub(crate) struct Time {
    /// Grows whenever the origin does something.
    activity: Arc<AtomicU64>,
    stepping: Arc<Mutex<Option<Stepping>>>,
}

/// A step under way.
struct Stepping {
    waker: Waker,
    from: Instant,
    /// The thread's sleeps so far. tokio does not move the clock in a sleep that it was woken from,
    /// and the yields before a step count as such: the first sleep of a step only uses that up.
    sleeps: u32,
}

impl Time {
    /// The origin has read, written or accepted something.
    pub(crate) fn note(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    async fn rest(&self) {
        let mut looks = 0;
        let mut seen = self.activity.load(Ordering::Relaxed);
        while looks < LOOKS {
            // Everything runnable runs, then the sockets are looked at, then this goes on.
            tokio::task::yield_now().await;
            let now = self.activity.load(Ordering::Relaxed);
            looks = if now == seen { looks + 1 } else { 0 };
            seen = now;
        }
    }

    /// Lets the clock move to the next timer, or a blocking thread finish its work.
    async fn step(&self) {
        let mut asked = false;
        poll_fn(|cx| {
            if asked {
                return Poll::Ready(());
            }
            asked = true;
            let waker = cx.waker().clone();
            *self.stepping() = Some(Stepping { waker, from: Instant::now(), sleeps: 0 });
            Poll::Pending
        })
        .await;
    }

    /// The thread has woken up: the step is over when the clock has moved, or when it slept twice.
    fn woke_up(&self) {
        let mut stepping = self.stepping();
        let over = stepping.as_mut().is_some_and(|step| {
            step.sleeps += 1;
            step.sleeps > 1 || Instant::now() != step.from
        });
        let over = if over { stepping.take() } else { None };
        drop(stepping);
        if let Some(step) = over {
            step.waker.wake();
        }
    }

    fn stepping(&self) -> std::sync::MutexGuard<'_, Option<Stepping>> {
        self.stepping.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` to its end in a runtime of its own, whose time begins at zero and moves only when
/// everything waits for it.
pub(crate) fn play<T: Send + 'static, F>(work: impl FnOnce(Time) -> F) -> anyhow::Result<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let time = Time::default();
    let woken = time.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_unpark(move || woken.woke_up())
        .build()?;
    let work = work(time.clone());
    runtime.block_on(async move {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(work);
        loop {
            time.rest().await;
            match tasks.try_join_next() {
                Some(done) => return Ok(done?),
                None => time.step().await,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[test]
    fn time_stands_while_bytes_are_under_way_and_threads_work() {
        let elapsed = play(|time| async move {
            let start = Instant::now();
            let (mut here, mut there) = UnixStream::pair().unwrap();
            let mut tasks = tokio::task::JoinSet::new();
            tasks.spawn(async move {
                let mut byte = [0];
                while there.read_exact(&mut byte).await.is_ok() {
                    time.note();
                    there.write_all(&byte).await.unwrap();
                }
            });
            for _ in 0..1_000 {
                let exchange = async {
                    here.write_all(b"x").await.unwrap();
                    here.read_exact(&mut [0]).await.unwrap();
                };
                timeout(Duration::from_millis(1), exchange).await.expect("no time went by");
            }
            let work = || std::thread::sleep(Duration::from_millis(20));
            let work = tokio::task::spawn_blocking(work);
            timeout(Duration::from_millis(1), work).await.expect("nor here").unwrap();
            assert_eq!(start.elapsed(), Duration::ZERO);
            sleep(Duration::from_secs(86_400)).await;
            start.elapsed()
        });
        assert_eq!(elapsed.unwrap().as_secs(), 86_400);
    }
}
