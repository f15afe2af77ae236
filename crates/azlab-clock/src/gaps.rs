//! Gaps in the time of this thread's runtime: a wait that ends long after it should have ended tells that the machine slept.
//!
//! Kept for each thread, because each thread's runtime may have a time of its own (paused in tests) and the program runs on
//! one thread. A long wait is made of short ones, so that a gap's beginning is known to within [`TICK`].

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The longest wait in one piece.
const TICK: Duration = Duration::from_secs(5);

/// A wait that ends later than this was not delayed by a busy machine.
const LATE: Duration = Duration::from_secs(10);

/// Waits that end within this time of each other have met the same gap.
const SAME: Duration = Duration::from_secs(1);

/// How long a wait for something outside goes on before it is counted.
const BEAT: Duration = Duration::from_millis(10);

thread_local! {
    /// Until when waits for something outside are counted, of however many there are.
    static COUNTED: Cell<Option<Instant>> = const { Cell::new(None) };
    static ASKED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static GAPS: Cell<Gaps> = const { Cell::new(Gaps { slept: Duration::ZERO, last: None }) };
}

#[derive(Clone, Copy)]
struct Gaps {
    /// All gaps together.
    slept: Duration,
    /// The end of the last one, and how long it was.
    last: Option<(Instant, Duration)>,
}

/// How long the machine has slept while this thread waited, in real time.
pub(crate) fn slept() -> Duration {
    GAPS.get().slept
}

/// For how long this thread has waited for people's answers, in real time.
pub(crate) fn asked() -> Duration {
    ASKED.get()
}

/// Waits for something that is no part of the service, such as a process of this machine that starts: the time until it is
/// there is a gap, which is counted while it lasts, so that no limit passes meanwhile.
pub(crate) async fn outside<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    let mut from = Instant::now();
    let mut beat = pin!(sleep_until(from + BEAT));
    poll_fn(|context| {
        let done = work.as_mut().poll(context);
        // At every look, so that a limit that looks knows of all of it.
        from = count(from);
        if done.is_pending() && beat.as_mut().poll(context).is_ready() {
            beat.set(sleep_until(from + BEAT));
            // Asks to be woken.
            let _ = beat.as_mut().poll(context);
        }
        done
    })
    .await
}

/// Counts the time since `from` as a gap, but for what is counted already: of several waits at once, each moment counts once.
fn count(from: Instant) -> Instant {
    let now = Instant::now();
    let since = COUNTED.get().map_or(from, |counted| counted.max(from));
    let took = now.saturating_duration_since(since);
    COUNTED.set(Some(now));
    ASKED.set(ASKED.get() + took);
    let mut gaps = GAPS.get();
    gaps.slept += took;
    GAPS.set(gaps);
    now
}

/// Asks a person, which holds up the thread: the time until the answer is a gap.
pub(crate) fn asking<T>(question: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let answer = question();
    let (now, took) = (Instant::now(), began.elapsed());
    ASKED.set(ASKED.get() + took);
    let mut gaps = GAPS.get();
    gaps.slept += took;
    gaps.last = Some((now, took));
    GAPS.set(gaps);
    answer
}

/// Notes that a wait that should have ended at `due` ends now.
fn note(due: Instant) {
    let now = Instant::now();
    let gap = now.saturating_duration_since(due);
    if gap < LATE {
        return;
    }
    let mut gaps = GAPS.get();
    let known = gaps
        .last
        .filter(|(end, _)| now.saturating_duration_since(*end) < SAME && end.saturating_duration_since(now) < SAME);
    let counted = known.map_or(Duration::ZERO, |(_, length)| length);
    gaps.slept += gap.saturating_sub(counted);
    gaps.last = Some((now, gap.max(counted)));
    GAPS.set(gaps);
}

/// Waits for `duration`, gaps included.
pub(crate) async fn sleep(duration: Duration) {
    let began = Instant::now();
    // Longer than any program runs, where it cannot be added.
    let end = began.checked_add(duration);
    let mut due = began;
    loop {
        let next = due + TICK;
        due = end.map_or(next, |end| end.min(next));
        sleep_until(due).await;
        note(due);
        let now = Instant::now();
        if end.is_some_and(|end| now >= end) {
            return;
        }
        due = due.max(now);
    }
}

/// Runs `work` for at most `limit`, gaps left out; `None` if it did not end.
pub(crate) async fn timeout<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = limit;
    loop {
        let (began, before) = (Instant::now(), asked());
        let piece = left.min(TICK);
        let due = began + piece;
        let mut tick = pin!(sleep_until(due));
        let done = poll_fn(|context| {
            // The gap is noted before the work can look at a stopwatch.
            let is_over = tick.as_mut().poll(context).is_ready();
            if is_over {
                note(due);
            }
            match work.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if is_over => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        if done.is_some() {
            return done;
        }
        left -= piece.saturating_sub(asked() - before);
        if left.is_zero() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURS: Duration = Duration::from_secs(8 * 3600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_is_counted_once_however_many_wait() {
        let before = slept();
        let waits = async {
            tokio::join!(
                sleep(seconds(3)),
                sleep(seconds(40)),
                sleep(seconds(100)),
                timeout(seconds(60), sleep(seconds(70)))
            )
        };
        let night = async {
            tokio::time::sleep(seconds(1)).await;
            tokio::time::advance(HOURS).await;
        };
        tokio::join!(waits, night);
        let counted = slept() - before;
        assert!(counted > HOURS - seconds(6) && counted <= HOURS, "{counted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_leaves_out_the_time_in_which_the_machine_slept() {
        let began = Instant::now();
        let work = async {
            tokio::time::sleep(seconds(7)).await;
            tokio::time::advance(HOURS).await;
            // A connection that hangs.
            std::future::pending::<()>().await;
        };
        assert_eq!(timeout(seconds(60), work).await, None);
        let awake = began.elapsed() - HOURS;
        assert!(awake >= seconds(55) && awake <= seconds(61), "{awake:?}");
    }

    #[tokio::test]
    async fn the_time_until_somebody_answers_is_nobodys() {
        let (slept_before, asked_before) = (slept(), asked());
        let ask = || asking(|| std::thread::sleep(Duration::from_millis(300)));
        let work = async {
            ask();
            tokio::time::sleep(Duration::from_millis(20)).await;
            ask();
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(timeout(Duration::from_millis(200), work).await, Some(()));
        for counted in [slept() - slept_before, asked() - asked_before] {
            assert!(counted >= Duration::from_millis(600) && counted < Duration::from_millis(900), "{counted:?}");
        }
        let endless = async {
            ask();
            std::future::pending::<()>().await;
        };
        assert_eq!(timeout(Duration::from_millis(50), endless).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_something_outside_passes_no_limit_and_counts_once() {
        let (slept_before, asked_before) = (slept(), asked());
        let wait = || timeout(seconds(2), outside(tokio::time::sleep(seconds(30))));
        let both = tokio::join!(wait(), wait());
        assert_eq!(both, (Some(()), Some(())));
        for counted in [slept() - slept_before, asked() - asked_before] {
            assert!(counted >= seconds(30) && counted < seconds(31), "{counted:?}");
        }
        let endless = async {
            outside(tokio::time::sleep(seconds(5))).await;
            std::future::pending::<()>().await;
        };
        assert_eq!(timeout(seconds(2), endless).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_machine_has_not_slept() {
        let before = slept();
        let busy = async {
            tokio::time::sleep(seconds(1)).await;
            tokio::time::advance(seconds(9)).await;
        };
        tokio::join!(sleep(seconds(4)), busy);
        assert_eq!(slept(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_its_moment_has_passed_in_a_gap() {
        let began = Instant::now();
        let night = async {
            tokio::time::sleep(seconds(1)).await;
            tokio::time::advance(HOURS).await;
        };
        tokio::join!(sleep(seconds(600)), night);
        assert!(began.elapsed() <= HOURS + seconds(2), "{:?}", began.elapsed());
        let began = Instant::now();
        sleep(seconds(12)).await;
        assert_eq!(began.elapsed(), seconds(12));
    }
}
