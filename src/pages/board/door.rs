//! Who may see the board: whoever asks for it by the address that it has, and knows the token, if it has one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// What a URL has to contain. 122 random bits of the system's.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// A new one.
    pub(crate) fn new() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// For the URL.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is it; how much of it is right cannot be measured.
    fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Which requests are let in.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    port: u16,
    is_local: bool,
    token: Option<Token>,
}

impl Door {
    /// That of a board at `address`; anything but loopback gets a token.
    pub(crate) fn of(address: SocketAddr) -> Self {
        let is_local = address.ip().is_loopback();
        Self { port: address.port(), is_local, token: (!is_local).then(Token::new) }
    }

    /// The token.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether a request with this `Host` was meant for the board. A name could be anybody's, who makes it lead here (DNS
    /// rebinding): of names only `localhost` is taken, and on loopback no other address than its own.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        let Ok(url) = url::Url::parse(&format!("http://{host}")) else { return false };
        let is_bare = url.path() == "/" && url.username().is_empty() && url.password().is_none();
        let is_address = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => !self.is_local || IpAddr::from(ip).is_loopback(),
            Some(url::Host::Ipv6(ip)) => !self.is_local || IpAddr::from(ip).is_loopback(),
            None => false,
        };
        is_bare && is_address && url.port_or_known_default() == Some(self.port)
    }

    /// What `path` asks for, below the token: `/`, `/events`; `None` without it.
    pub(crate) fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some(token) = &self.token else { return Some(path) };
        let (given, rest) = path.strip_prefix('/')?.split_once('/')?;
        token.is(given).then(|| path.get(path.len() - rest.len() - 1..)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(address: &str) -> Door {
        Door::of(address.parse().unwrap())
    }

    #[test]
    fn on_loopback_only_loopbacks_own_names_are_let_in() {
        let door = door("127.0.0.1:8480");
        for host in ["127.0.0.1:8480", "localhost:8480", "LOCALHOST:8480", "[::1]:8480"] {
            assert!(door.is_host(host), "{host}");
        }
        for host in [
            "evil.example:8480",
            "127.0.0.1",
            "127.0.0.1:80",
            "192.0.2.1:8480",
            "localhost.evil.example:8480",
            "",
            "a@127.0.0.1:8480",
            "127.0.0.1:8480/x",
        ] {
            assert!(!door.is_host(host), "{host}");
        }
        assert_eq!((door.below("/events"), door.token().is_none()), (Some("/events"), true));
    }

    #[test]
    fn elsewhere_the_token_stands_before_every_path() {
        let door = door("0.0.0.0:8480");
        assert!(door.is_host("192.0.2.1:8480") && !door.is_host("board.example:8480"));
        let token = door.token().unwrap().reveal().to_owned();
        assert_eq!(token.len(), 32);
        assert_eq!(door.below(&format!("/{token}/")), Some("/"));
        assert_eq!(door.below(&format!("/{token}/events")), Some("/events"));
        for path in ["/", "", "/events", "//events", &format!("/{token}"), &format!("/{}/", &token[1..]), "/x/events"] {
            assert_eq!(door.below(path), None, "{path}");
        }
        assert!(!format!("{door:?}").contains(&token));
        assert_ne!(token, Door::of("0.0.0.0:1".parse().unwrap()).token().unwrap().reveal());
    }
}
