//! Where the board is served: the address, its URL, and what to do if it cannot be had.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use tokio::net::TcpListener;

use crate::follow_up::Place;
use crate::outcome::ErrorReport;
use crate::pages::board::Token;

/// Listens at `address`.
///
/// # Errors
/// `CannotServe`, with a command that works.
pub(super) async fn bind(address: SocketAddr, place: &Place) -> Result<(TcpListener, SocketAddr), ErrorReport> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let own = listener.local_addr()?;
        Ok((listener, own))
    };
    bound.await.map_err(|error: io::Error| {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string();
        let free = SocketAddr::new(address.ip(), 0).to_string();
        let (problem, instead) = match error.kind() {
            io::ErrorKind::AddrInUse => ("is taken: another program, or another board, listens there".to_owned(), free),
            io::ErrorKind::AddrNotAvailable => ("is not an address of this machine".to_owned(), loopback),
            io::ErrorKind::PermissionDenied => ("may not be listened at".to_owned(), free),
            _ => (format!("cannot be listened at: {error}"), loopback),
        };
        ErrorReport::new("CannotServe", format!("{address} {problem}"))
            .hint(format!("take a free port: {}", place.again_saying("--listen", &instead)))
    })
}

/// What people open in a browser.
pub(super) fn url(own: SocketAddr, token: Option<&Token>) -> String {
    let shown = if own.ip().is_unspecified() { SocketAddr::new(outward(), own.port()) } else { own };
    match token {
        Some(token) => format!("http://{shown}/{}/", token.reveal()),
        None => format!("http://{shown}/"),
    }
}

/// This machine's address in the network in which it reaches others; loopback if it is in none.
fn outward() -> IpAddr {
    // Which address packets would have: nothing is sent. The other end is one that is kept for examples (RFC 5737).
    let chosen = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    chosen.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |own| own.ip())
}
