//! The board of a class, for a projector: a seat for each attendee, alive while a connection stands. Its texts are those of the
//! page; ids and addresses are in it only where somebody asked for them.

mod door;
mod feed;
mod http;
mod page;
mod seat;

pub(crate) use door::{Door, Token};
pub(crate) use feed::Feed;
pub(crate) use http::router;
pub(crate) use page::text;
pub(crate) use seat::{Board, Checks, Head, Kind, Row, Seat, Stale};
