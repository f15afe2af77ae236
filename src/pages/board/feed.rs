//! The board as it is now, and what changes of it, for everybody who looks: only differences are sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::Stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast;

use super::page::page;
use super::seat::{Board, Head, Seat};

/// Changes that somebody who reads slowly may lag behind; further behind, the whole board is sent again.
const LAG: usize = 64;
/// Who may look at the same time: each keeps a connection open.
const VIEWERS: usize = 200;

/// One message of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// `board` (all of it), `changes` or `end`.
    pub(crate) name: &'static str,
    /// By which a viewer continues after a cut.
    pub(crate) id: String,
    /// An object as JSON, on one line.
    pub(crate) data: Arc<str>,
}

/// A board that many look at. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    now: Mutex<Now>,
    changes: broadcast::Sender<Message>,
}

#[derive(Debug)]
struct Now {
    /// Tells this run's versions from those of another.
    run: i64,
    version: u64,
    at: i64,
    board: Board,
    has_ended: bool,
}

impl Now {
    fn id(&self) -> String {
        format!("{}-{}", self.run, self.version)
    }

    fn all(&self) -> Message {
        let data = json!({"at": self.at, "head": self.board.head, "seats": self.board.seats});
        Message { name: "board", id: self.id(), data: data.to_string().into() }
    }
}

/// What a viewer is told of a change.
#[derive(Serialize)]
struct Changes<'a> {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a Head>,
    seats: Vec<&'a Seat>,
    /// All keys, where seats came, went or moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Vec<&'a str>>,
}

impl<'a> Changes<'a> {
    /// `None` if there is none.
    fn between(before: &Board, after: &'a Board, at: i64) -> Option<Self> {
        let known: HashMap<&str, &Seat> = before.seats.iter().map(|seat| (seat.key.as_str(), seat)).collect();
        let is_new = |seat: &&Seat| known.get(seat.key.as_str()).is_none_or(|known| *known != *seat);
        let keys = |board: &'a Board| board.seats.iter().map(|seat| seat.key.as_str());
        let is_in_order = before.seats.iter().map(|seat| seat.key.as_str()).eq(keys(after));
        let changes = Self {
            at,
            head: (before.head != after.head).then_some(&after.head),
            seats: after.seats.iter().filter(is_new).collect(),
            order: (!is_in_order).then(|| keys(after).collect()),
        };
        (changes.head.is_some() || !changes.seats.is_empty() || changes.order.is_some()).then_some(changes)
    }
}

impl Feed {
    /// A feed that begins with `board` at the moment `at`.
    pub(crate) fn new(board: Board, at: i64) -> Self {
        let now = Mutex::new(Now { run: at, version: 0, at, board, has_ended: false });
        Self(Arc::new(Inner { now, changes: broadcast::Sender::new(LAG) }))
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The board is `board` at the moment `at`. Where nothing has changed, nobody is told.
    pub(crate) fn publish(&self, board: Board, at: i64) {
        let mut now = self.now();
        let changes = Changes::between(&now.board, &board, at).map(|changes| json!(changes).to_string());
        now.at = at;
        if let Some(data) = changes {
            now.version += 1;
            let message = Message { name: "changes", id: now.id(), data: data.into() };
            // Perhaps nobody looks.
            drop(self.0.changes.send(message));
        }
        now.board = board;
    }

    /// The board with another head; its seats stay.
    pub(crate) fn publish_head(&self, change: impl FnOnce(&mut Head), at: i64) {
        let mut board = self.now().board.clone();
        change(&mut board.head);
        self.publish(board, at);
    }

    /// No change follows; everybody is told.
    pub(crate) fn end(&self) {
        let mut now = self.now();
        now.has_ended = true;
        let message = Message { name: "end", id: now.id(), data: json!({"at": now.at}).to_string().into() };
        drop(self.0.changes.send(message));
    }

    /// The page as of now.
    ///
    /// # Errors
    /// A defect of the template.
    pub(crate) fn page(&self) -> Result<String, minijinja::Error> {
        let now = self.now();
        page(&now.board, now.at, &now.id())
    }

    /// What follows the state `last`, which a viewer has; everything, if that is not the present one. `None` if too many look.
    pub(crate) fn follow(&self, last: Option<&str>) -> Option<impl Stream<Item = Message> + Send + use<>> {
        let now = self.now();
        if self.0.changes.receiver_count() >= VIEWERS {
            return None;
        }
        // Under the lock: no change can come between.
        let receiver = (!now.has_ended).then(|| self.0.changes.subscribe());
        let first = (last != Some(now.id().as_str())).then(|| now.all());
        drop(now);
        let feed = self.clone();
        Some(futures::stream::unfold((first, receiver), move |(first, receiver)| {
            let feed = feed.clone();
            async move {
                if let Some(first) = first {
                    return Some((first, (None, receiver)));
                }
                let mut receiver = receiver?;
                match receiver.recv().await {
                    Ok(message) => {
                        let rest = (message.name != "end").then_some(receiver);
                        Some((message, (None, rest)))
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        let (all, receiver) = {
                            let now = feed.now();
                            (now.all(), receiver.resubscribe())
                        };
                        Some((all, (None, Some(receiver))))
                    }
                    Err(broadcast::error::RecvError::Closed) => None,
                }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, StreamExt as _};

    use super::super::seat::{Kind, Stale};
    use super::*;

    fn value(message: &Message) -> serde_json::Value {
        serde_json::from_str(&message.data).unwrap()
    }

    fn seat(key: &str, kind: Kind) -> Seat {
        Seat {
            key: key.to_owned(),
            lab: key.to_owned(),
            name: None,
            kind,
            word: String::new(),
            since: 0,
            why: None,
            run: None,
            checks: None,
            expires: None,
            location: String::new(),
            rows: Vec::new(),
            ids: Vec::new(),
        }
    }

    fn board(seats: &[(&str, Kind)]) -> Board {
        Board { head: Head::default(), seats: seats.iter().map(|(key, kind)| seat(key, *kind)).collect() }
    }

    #[test]
    fn only_the_seats_that_changed_are_sent_and_nothing_where_nothing_did() {
        let feed = Feed::new(board(&[("a", Kind::Ready), ("b", Kind::Absent)]), 1);
        let id = feed.now().id();
        let mut stream = Box::pin(feed.follow(Some(&id)).unwrap());
        assert!(stream.next().now_or_never().is_none(), "who has the present state is sent nothing");
        feed.publish(board(&[("a", Kind::Ready), ("b", Kind::Absent)]), 2);
        assert!(stream.next().now_or_never().is_none(), "nothing changed");
        feed.publish(board(&[("a", Kind::Ready), ("b", Kind::Working)]), 3);
        let sent = stream.next().now_or_never().unwrap().unwrap();
        let data = value(&sent);
        assert_eq!((sent.name, data["seats"].as_array().unwrap().len()), ("changes", 1));
        assert_eq!((&data["seats"][0]["key"], data.get("order"), data.get("head")), (&"b".into(), None, None));
        feed.publish(board(&[("b", Kind::Working)]), 4);
        let data = value(&stream.next().now_or_never().unwrap().unwrap());
        assert_eq!((&data["order"], data["seats"].as_array().unwrap().len()), (&json!(["b"]), 0));
        feed.publish_head(|head| head.stale = Some(Stale { since: 4, why: "no network".to_owned() }), 5);
        let data = value(&stream.next().now_or_never().unwrap().unwrap());
        assert_eq!((&data["head"]["stale"]["since"], data.get("order")), (&4.into(), None));
    }

    #[test]
    fn whoever_has_another_state_is_sent_all_of_it() {
        let feed = Feed::new(board(&[("a", Kind::Ready)]), 1);
        let old = feed.now().id();
        feed.publish(board(&[("a", Kind::Stuck)]), 2);
        for last in [None, Some(old.as_str()), Some("of another run")] {
            let mut stream = Box::pin(feed.follow(last).unwrap());
            let first = stream.next().now_or_never().unwrap().unwrap();
            assert_eq!((first.name, &value(&first)["seats"][0]["kind"]), ("board", &"stuck".into()), "{last:?}");
        }
    }

    #[test]
    fn who_reads_slowly_gets_the_whole_board_in_place_of_what_is_lost() {
        let feed = Feed::new(board(&[("a", Kind::Ready)]), 0);
        let id = feed.now().id();
        let mut stream = Box::pin(feed.follow(Some(&id)).unwrap());
        for at in 0..=(LAG as i64) {
            feed.publish(board(&[("a", if at % 2 == 0 { Kind::Stuck } else { Kind::Ready })]), at);
        }
        assert_eq!(stream.next().now_or_never().unwrap().unwrap().name, "board");
        assert!(stream.next().now_or_never().is_none(), "and nothing twice");
    }

    #[test]
    fn the_end_is_told_and_ends_the_stream_also_for_those_who_come_later() {
        let feed = Feed::new(board(&[]), 0);
        let id = feed.now().id();
        let mut early = Box::pin(feed.follow(Some(&id)).unwrap());
        feed.end();
        assert_eq!(early.next().now_or_never().unwrap().unwrap().name, "end");
        assert!(early.next().now_or_never().unwrap().is_none());
        assert!(Box::pin(feed.follow(Some(&id)).unwrap()).next().now_or_never().unwrap().is_none());
    }

    #[test]
    fn there_is_an_end_to_how_many_may_look() {
        let feed = Feed::new(board(&[]), 0);
        let streams: Vec<_> = std::iter::from_fn(|| feed.follow(None)).take(VIEWERS + 1).collect();
        assert_eq!(streams.len(), VIEWERS);
        drop(streams);
        assert!(feed.follow(None).is_some());
    }
}
