//! How texts are formed, where a property takes neither any text nor one of a few.

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A form that texts have.
#[derive(Debug)]
pub(crate) struct Format {
    /// As the tables name it.
    pub name: &'static str,
    /// For a sentence: "it is not …".
    pub what: &'static str,
    pub fits: fn(&str) -> bool,
    /// One that fits, and one that does not.
    #[cfg(test)]
    pub examples: (&'static str, &'static str),
}

/// A key that nobody has.
#[cfg(test)]
pub(crate) const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f nobody";

/// All of them.
pub(crate) const FORMATS: &[Format] = &[
    Format {
        name: "dns-prefix",
        what: "1-54 letters, digits and dashes, beginning and ending with a letter or digit",
        fits: |text| label(text, 54),
        #[cfg(test)]
        examples: ("lab", "my_lab"),
    },
    Format {
        name: "admin-name",
        what: "a letter, and after it letters, digits, dashes and underscores",
        fits: |text| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        },
        #[cfg(test)]
        examples: ("azureuser", "1 user"),
    },
    Format {
        name: "cidr",
        what: "a range of addresses in CIDR notation",
        fits: |text| cidr(text).is_some(),
        #[cfg(test)]
        examples: ("10.2.0.0/16", "10.2.0.0/33"),
    },
    Format {
        name: "address",
        what: "an IP address",
        fits: |text| text.parse::<IpAddr>().is_ok(),
        #[cfg(test)]
        examples: ("10.2.0.10", "10.2.0.300"),
    },
    Format {
        name: "address-or-range",
        what: "an IP address or a range of them in CIDR notation",
        fits: |text| text.parse::<IpAddr>().is_ok() || cidr(text).is_some(),
        #[cfg(test)]
        examples: ("203.0.113.0/24", "203.0.113"),
    },
    Format {
        name: "guid",
        what: "a GUID",
        fits: |text| uuid::Uuid::try_parse(text).is_ok(),
        #[cfg(test)]
        examples: ("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff"),
    },
    Format {
        name: "resource-id",
        what: "the id of a resource",
        fits: |text| {
            text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/")) && text.len() > 15
        },
        #[cfg(test)]
        examples: (
            "/subscriptions/6f9619ff-8b86-4d01-b42d-00cf4fc964ff/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
            "default",
        ),
    },
    Format {
        name: "ssh-key",
        what: "a public SSH key",
        fits: ssh_key,
        #[cfg(test)]
        examples: (SSH_KEY, "ssh-rsa banana"),
    },
    Format {
        name: "taint",
        what: "KEY=VALUE:EFFECT with the effect NoSchedule, PreferNoSchedule or NoExecute",
        fits: taint,
        #[cfg(test)]
        examples: ("team=a:NoSchedule", "team=a"),
    },
    Format {
        name: "date",
        what: "a date, YYYY-MM-DD",
        fits: |text| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).is_ok(),
        #[cfg(test)]
        examples: ("2026-05-01", "2026-02-30"),
    },
    Format {
        name: "date-time",
        what: "a date and time, as RFC 3339 has them",
        fits: |text| OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        #[cfg(test)]
        examples: ("2026-05-26T03:00:00Z", "2026-05-26 03:00"),
    },
    Format {
        name: "time-of-day",
        what: "a time of the day, HH:MM",
        fits: time_of_day,
        #[cfg(test)]
        examples: ("09:30", "9:30"),
    },
    Format {
        name: "utc-offset",
        what: "an offset from UTC, +HH:MM or -HH:MM",
        fits: |text| text.strip_prefix(['+', '-']).is_some_and(time_of_day),
        #[cfg(test)]
        examples: ("-08:00", "08:00"),
    },
    Format {
        name: "surge",
        what: "a whole number or a percentage",
        fits: surge,
        #[cfg(test)]
        examples: ("33%", "a third"),
    },
];

/// Letters, digits and dashes, no dash at either end.
fn label(text: &str, most: usize) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (1..=most).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && edge(text.chars().next())
        && edge(text.chars().last())
}

/// Address and length of a range.
pub(crate) fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse().ok()?);
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

/// Whether an IPv4 address is in a range; of other families nothing is said.
pub(crate) fn is_in(address: Ipv4Addr, range: (IpAddr, u8)) -> bool {
    let (IpAddr::V4(network), length) = range else { return true };
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    u32::from(network) & mask == u32::from(address) & mask
}

/// `TYPE BASE64 [COMMENT]`, where the encoded key begins with its type.
fn ssh_key(text: &str) -> bool {
    let mut parts = text.split_whitespace();
    let (Some(kind), Some(key)) = (parts.next(), parts.next()) else { return false };
    let Ok(key) = STANDARD.decode(key) else { return false };
    let Some((length, rest)) = key.split_first_chunk::<4>() else { return false };
    rest.get(..u32::from_be_bytes(*length) as usize) == Some(kind.as_bytes())
}

fn taint(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(key, effect)| {
        !key.is_empty() && ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect)
    })
}

fn time_of_day(text: &str) -> bool {
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten();
    let parts = text.split_once(':').and_then(|(hours, minutes)| Some((number(hours)?, number(minutes)?)));
    parts.is_some_and(|(hours, minutes)| hours < 24 && minutes < 60)
}

fn surge(text: &str) -> bool {
    text.strip_suffix('%').unwrap_or(text).parse::<u16>().is_ok()
}

#[test]
fn every_format_takes_its_own_example_and_not_its_counterexample() {
    for format in FORMATS {
        assert!((format.fits)(format.examples.0) && !(format.fits)(format.examples.1), "{}", format.name);
    }
    let range = cidr("10.0.0.0/16").unwrap();
    assert!(is_in(Ipv4Addr::new(10, 0, 0, 10), range) && !is_in(Ipv4Addr::new(10, 1, 0, 10), range));
    assert!(is_in(Ipv4Addr::new(10, 1, 0, 10), cidr("0.0.0.0/0").unwrap()));
}
