//! How texts are formed, where a property takes neither any text nor one of a few.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::label_syntax;

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

/// Whether two ranges have addresses in common; those of different families have none.
pub(crate) fn overlap(one: (IpAddr, u8), other: (IpAddr, u8)) -> bool {
    let kept = u32::from(one.1.min(other.1));
    match (one.0, other.0) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u32::from(one) ^ u32::from(other)).checked_shr(32 - kept).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (u128::from(one) ^ u128::from(other)).checked_shr(128 - kept).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Whether an address is in a range.
pub(crate) fn is_in(address: IpAddr, range: (IpAddr, u8)) -> bool {
    overlap((address, if address.is_ipv4() { 32 } else { 128 }), range)
}

/// `TYPE BASE64 [COMMENT]`, where the encoded key begins with its type.
fn ssh_key(text: &str) -> bool {
    let mut parts = text.split_whitespace();
    let (Some(kind), Some(key)) = (parts.next(), parts.next()) else { return false };
    let Ok(key) = STANDARD.decode(key) else { return false };
    let Some((length, rest)) = key.split_first_chunk::<4>() else { return false };
    rest.get(..u32::from_be_bytes(*length) as usize) == Some(kind.as_bytes())
}

/// `KEY=VALUE:EFFECT`; Kubernetes lets the value be left out.
fn taint(text: &str) -> bool {
    let Some((label, effect)) = text.split_once(':') else { return false };
    let (key, value) = label.split_once('=').unwrap_or((label, ""));
    label_syntax::wrong_part(key).is_none()
        && label_syntax::is_value(value)
        && ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect)
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
}

#[test]
fn ranges_overlap_where_they_have_an_address_in_common() {
    let range = |text: &str| cidr(text).unwrap();
    for (one, other, common) in [
        ("10.0.0.0/16", "10.0.0.0/16", true),
        ("10.0.0.0/16", "10.0.255.0/24", true),
        ("10.0.255.0/24", "10.0.0.0/16", true),
        ("10.0.0.0/16", "10.1.0.0/16", false),
        ("0.0.0.0/0", "203.0.113.0/24", true),
        ("10.0.0.1/32", "10.0.0.1/32", true),
        ("10.0.0.1/32", "10.0.0.2/32", false),
        ("fd12::/108", "fd12::/64", true),
        ("fd12::/64", "fd13::/64", false),
        ("::/0", "0.0.0.0/0", false),
    ] {
        assert_eq!(overlap(range(one), range(other)), common, "{one} {other}");
    }
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    assert!(is_in(address("10.0.0.10"), range("10.0.0.0/16")) && !is_in(address("10.1.0.10"), range("10.0.0.0/16")));
}

#[test]
fn a_taint_is_a_label_and_an_effect() {
    for fits in [
        "a=b:NoSchedule",
        "a:NoExecute",
        "a=:PreferNoSchedule",
        "kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
    ] {
        assert!(taint(fits), "{fits}");
    }
    for text in [
        "=b:NoSchedule",
        "a b=c:NoSchedule",
        "a=b c:NoSchedule",
        "a=b=c:NoSchedule",
        "a=b:c:NoSchedule",
        "a=b:noschedule",
    ] {
        assert!(!taint(text), "{text}");
    }
}
