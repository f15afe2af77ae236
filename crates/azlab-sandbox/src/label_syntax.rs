//! How Kubernetes writes the keys and values of labels and taints ("Labels and Selectors", *Syntax and character set*). Its API
//! server judges labels by it, and AKS those of a pool.

/// The part of a key that is not written as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What stands before the slash, where there is one: a DNS subdomain of up to 253 characters.
    Prefix,
    /// What stands behind it, of 1 to 63 characters.
    Name,
}

/// What is wrong with a label's key.
pub(crate) fn wrong_part(key: &str) -> Option<Part> {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    match prefix {
        Some(prefix) if !is_subdomain(prefix) => Some(Part::Prefix),
        _ => (!is_name(name)).then_some(Part::Name),
    }
}

/// Whether a label may have this value.
pub(crate) fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// Whether it is a DNS subdomain: labels of lower-case letters, digits and dashes between dots.
pub(crate) fn is_subdomain(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label = |label: &str| {
        label.chars().all(|c| alphanumeric(c) || c == '-')
            && label.starts_with(alphanumeric)
            && label.ends_with(alphanumeric)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_name(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.chars().all(|c| alphanumeric(c) || "-_.".contains(c))
        && text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
}

#[test]
fn keys_and_values_are_judged_as_kubernetes_documents_them() {
    for key in ["team", "a", "my.Name_1-x", "example.com/team", "a-b.c/D", &"n".repeat(63)] {
        assert_eq!(wrong_part(key), None, "{key}");
    }
    for key in ["", "my team", "-team", "team_", "team!", "example.com/", &"n".repeat(64)] {
        assert_eq!(wrong_part(key), Some(Part::Name), "{key}");
    }
    for key in ["/team", "Example.com/team", "a..b/team", "-a/team", "a/b/team", &format!("{}/t", "p".repeat(254))] {
        assert_eq!(wrong_part(key), Some(Part::Prefix), "{key}");
    }
    assert!(is_value("") && is_value("Blue_1.x-y") && !is_value("light blue") && !is_value("blue-"));
    assert!(!is_value(&"v".repeat(64)));
}
