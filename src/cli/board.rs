//! `azlab board`

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Where the board is served unless somebody says otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:8480";

/// Serve a page for the projector: a seat for each attendee, its state, who is stuck, and the time that is left.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It watches Azure as `status` does, and shows what provision, verify, reset and
teardown do elsewhere. Ctrl-C ends it, with exit code 130.
  azlab board --all                       http://127.0.0.1:8480/
  azlab board --all --listen 0.0.0.0:0    other machines too: the URL has a token
  azlab board --all --out board.html      one file, as of now
Keys: arrows move, Enter shows a seat, / filters, t changes the theme.
A seat is stuck when a resource failed and no run is at work, when nobody works
on what is missing for 2 minutes, when nothing changes for 15 minutes while
somebody does, or when a check of verify fails.")]
pub struct BoardArgs {
    /// The address; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_LISTEN, value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Write the page as it is now into a file, and end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["listen", "interval"])]
    pub(crate) out: Option<PathBuf>,
    /// The time between two looks at Azure
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::global::duration)]
    pub(crate) interval: Duration,
    /// Leave out the checks of verify
    #[arg(long)]
    pub(crate) skip_verify: bool,
    /// Show ids too: subscriptions, resource groups, names of resources, addresses, who runs what
    #[arg(long)]
    pub(crate) ids: bool,
}

/// An address with its port; `localhost` and a port alone are this machine's.
///
/// # Errors
/// What it must be.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", text),
        None => (text, ""),
    };
    let problem = || format!("it must be an address with its port, such as {DEFAULT_LISTEN}");
    let port: u16 = port.parse().map_err(|_| problem())?;
    match host {
        "" | "localhost" => Ok((Ipv4Addr::LOCALHOST, port).into()),
        "*" => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        host => match (host.parse::<Ipv4Addr>(), host.strip_prefix('[').and_then(|host| host.strip_suffix(']'))) {
            (Ok(address), _) => Ok((address, port).into()),
            (_, Some(inside)) => Ok((inside.parse::<Ipv6Addr>().map_err(|_| problem())?, port).into()),
            _ => Err(problem()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_and_may_be_short() {
        for (text, meant) in [
            ("127.0.0.1:8480", "127.0.0.1:8480"),
            ("localhost:1", "127.0.0.1:1"),
            (":9000", "127.0.0.1:9000"),
            ("9000", "127.0.0.1:9000"),
            ("*:0", "0.0.0.0:0"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), meant, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_told_with_one_that_is() {
        for text in ["", "example.com:80", "127.0.0.1", "127.0.0.1:99999", "::1:80", "127.0.0.256:1", "a b", "80a"] {
            let told = address(text).unwrap_err();
            assert!(told.contains("127.0.0.1:8480"), "{text}: {told}");
        }
    }
}
