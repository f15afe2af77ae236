//! Azure's rules for names, checked before anything is asked of Azure.
//!
//! Source: Microsoft Learn, "Naming rules and restrictions for Azure resources" and "Resolve errors for reserved resource
//! names"; azure-facts.md section 3 for federated credentials.

use super::defaults::DEFAULT_SUBJECT;

/// A name that Azure would refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} '{value}' is not valid: {rule}")]
pub struct NameError {
    /// What it names: `resource group name`.
    pub(crate) what: &'static str,
    /// The name.
    pub(crate) value: String,
    /// The rule that it breaks.
    pub(crate) rule: String,
    /// A name like it that is valid, if one can be made.
    pub(crate) suggestion: Option<String>,
}

struct Rule {
    what: &'static str,
    min: usize,
    max: usize,
    inner: &'static str,
    /// What the first character may be besides a letter or digit.
    first: &'static str,
    /// What the last character may be besides a letter or digit.
    last: &'static str,
}

impl Rule {
    fn check(&self, value: &str) -> Result<(), NameError> {
        let length = value.chars().count();
        let allowed = |extra: &str, c: char| c.is_ascii_alphanumeric() || extra.contains(c);
        let broken = if length < self.min || length > self.max {
            Some(format!("it must have {} to {} characters, and has {length}", self.min, self.max))
        } else if let Some(bad) = value.chars().find(|c| !allowed(self.inner, *c)) {
            Some(format!("only letters, digits{} are allowed, not {bad:?}", listed(self.inner)))
        } else if !value.starts_with(|c| allowed(self.first, c)) {
            Some(format!("it must begin with a letter or digit{}", listed_or(self.first)))
        } else if !value.ends_with(|c| allowed(self.last, c)) {
            Some(format!("it must end with a letter or digit{}", listed_or(self.last)))
        } else {
            None
        };
        match broken {
            None => Ok(()),
            Some(rule) => {
                Err(NameError { what: self.what, value: value.to_owned(), rule, suggestion: self.suggest(value) })
            }
        }
    }

    fn suggest(&self, value: &str) -> Option<String> {
        let inner = |c: char| c.is_ascii_alphanumeric() || self.inner.contains(c);
        let text: String = value.trim().chars().map(|c| if inner(c) { c } else { '-' }).collect();
        let text: String = text.chars().take(self.max).collect();
        let text = text
            .trim_start_matches(|c: char| !(c.is_ascii_alphanumeric() || self.first.contains(c)))
            .trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || self.last.contains(c)));
        (text.len() >= self.min && text != value).then(|| text.to_owned())
    }
}

fn listed(extra: &str) -> String {
    extra.chars().map(|c| format!(", '{c}'")).collect()
}

fn listed_or(extra: &str) -> String {
    extra.chars().map(|c| format!(" or '{c}'")).collect()
}

/// A lab's name: a tag's value and a part of other names.
///
/// # Errors
/// [`NameError`]
pub(crate) fn lab(value: &str) -> Result<(), NameError> {
    let checked = Rule { what: "lab name", min: 1, max: MOST_OF_A_LAB, inner: "-", first: "", last: "" }.check(value);
    checked.map_err(|error| NameError { suggestion: lab_called(value), ..error })
}

/// The longest name of a lab.
const MOST_OF_A_LAB: usize = 40;
/// The longest name that is derived: with it, the nodes' resource group has no more than Azure's 80 characters in the region of
/// the longest name (`MC_myResourceGroup-{lab}_myAKSCluster_germanywestcentral`).
const MOST_OF_A_DERIVED_LAB: usize = 28;

/// The name of the lab of somebody, or something, that is called so: "Zoë Müller" is `zoe-muller`. It follows from the text
/// alone. `None` if there is no letter and no digit in it.
pub(crate) fn lab_called(text: &str) -> Option<String> {
    let plain = deunicode::deunicode_with_tofu(text, "").to_ascii_lowercase();
    // Apostrophes join what they stand between: O'Brien is obrien.
    let plain = plain.replace(['\'', '`'], "");
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(MOST_OF_A_DERIVED_LAB).collect();
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// A resource group: 1-90 letters, digits, `_ - . ( )`, not ending in a period.
///
/// # Errors
/// [`NameError`]
pub(crate) fn group(value: &str) -> Result<(), NameError> {
    Rule { what: "resource group name", min: 1, max: 90, inner: "_-.()", first: "_-.()", last: "_-()" }.check(value)
}

/// A managed cluster: 1-63 letters, digits, `_ -`, beginning and ending with a letter or digit.
///
/// # Errors
/// [`NameError`]
pub(crate) fn cluster(value: &str) -> Result<(), NameError> {
    Rule { what: "cluster name", min: 1, max: 63, inner: "-_", first: "", last: "" }.check(value)
}

/// A user-assigned identity: 3-128 letters, digits, `_ -`, beginning with a letter or digit.
///
/// # Errors
/// [`NameError`]
pub(crate) fn identity(value: &str) -> Result<(), NameError> {
    Rule { what: "identity name", min: 3, max: 128, inner: "-_", first: "", last: "-_" }.check(value)
}

/// A federated credential: 3-120 letters, digits, `_ -`, beginning with a letter or digit.
///
/// # Errors
/// [`NameError`]
pub(crate) fn federated_credential(value: &str) -> Result<(), NameError> {
    Rule { what: "federated credential name", min: 3, max: 120, inner: "-_", first: "", last: "-_" }.check(value)
}

/// A federated credential's subject for Kubernetes: `system:serviceaccount:NAMESPACE:NAME`, both names DNS labels.
///
/// # Errors
/// [`NameError`]
pub(crate) fn subject(value: &str) -> Result<(), NameError> {
    let label = |text: &str| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
    };
    match value.split(':').collect::<Vec<_>>().as_slice() {
        ["system", "serviceaccount", namespace, name] if label(namespace) && name.split('.').all(label) => Ok(()),
        _ => Err(NameError {
            what: "subject",
            value: value.to_owned(),
            rule: "it must be system:serviceaccount:NAMESPACE:NAME, both in lower-case letters, digits and '-'".into(),
            suggestion: Some(DEFAULT_SUBJECT.into()),
        }),
    }
}

/// Words that may not be in a name with a public endpoint.
const RESERVED_PARTS: [&str; 2] = ["microsoft", "windows"];
/// Words that may not begin one.
const RESERVED_STARTS: [&str; 2] = ["login", "xbox"];
/// Words that may not be one.
const RESERVED: [&str; 28] = [
    "azure",
    "bing",
    "bizspark",
    "biztalk",
    "cortana",
    "directx",
    "dotnet",
    "dynamics",
    "excel",
    "exchange",
    "forefront",
    "groove",
    "hololens",
    "hyperv",
    "kinect",
    "lync",
    "msdn",
    "o365",
    "office",
    "office365",
    "onedrive",
    "onenote",
    "outlook",
    "powerpoint",
    "sharepoint",
    "skype",
    "visio",
    "visualstudio",
];

/// A Cognitive Services account that is its own subdomain: 2-64 letters, digits, `-`, no reserved word.
///
/// # Errors
/// [`NameError`]
pub(crate) fn account(value: &str) -> Result<(), NameError> {
    let rule = Rule { what: "OpenAI account name", min: 2, max: 64, inner: "-", first: "", last: "" };
    rule.check(value)?;
    let lower = value.to_ascii_lowercase();
    let word = RESERVED_PARTS
        .iter()
        .find(|word| lower.contains(**word))
        .or_else(|| RESERVED_STARTS.iter().find(|word| lower.starts_with(**word)))
        .or_else(|| RESERVED.iter().find(|word| lower == **word));
    match word {
        None => Ok(()),
        Some(word) => Err(NameError {
            what: rule.what,
            value: value.to_owned(),
            rule: format!("Azure reserves the word '{word}'"),
            suggestion: None,
        }),
    }
}

/// A model deployment: 2-64 letters, digits, `_ - .`, beginning and ending with a letter or digit.
///
/// # Errors
/// [`NameError`]
pub(crate) fn deployment(value: &str) -> Result<(), NameError> {
    Rule { what: "deployment name", min: 2, max: 64, inner: "-_.", first: "", last: "" }.check(value)
}

/// A location as ARM writes it: `westeurope`. Display names ("West Europe") are brought into that form.
///
/// # Errors
/// [`NameError`]
pub(crate) fn location(value: &str) -> Result<String, NameError> {
    let text: String = value.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    Rule { what: "location", min: 3, max: 40, inner: "", first: "", last: "" }
        .check(&text)
        .map(|()| text)
        .map_err(|error| NameError { value: value.to_owned(), ..error })
}

/// A Kubernetes version: `1.33` or `1.33.2`.
///
/// # Errors
/// [`NameError`]
pub(crate) fn kubernetes_version(value: &str) -> Result<(), NameError> {
    let parts: Vec<&str> = value.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    if (2..=3).contains(&parts.len()) && parts.iter().all(is_number) {
        return Ok(());
    }
    let rule = "it must be a version such as 1.33 or 1.33.2".into();
    Err(NameError { what: "Kubernetes version", value: value.to_owned(), rule, suggestion: None })
}

/// A tag: name up to 512 characters without `< > % & \ ? /`, value up to 256.
///
/// # Errors
/// [`NameError`]
pub(crate) fn tag(name: &str, value: &str) -> Result<(), NameError> {
    let rule = if name.is_empty() || name.chars().count() > 512 {
        "its name must have 1 to 512 characters"
    } else if name.contains(['<', '>', '%', '&', '\\', '?', '/']) {
        "its name must not contain < > % & \\ ? /"
    } else if value.chars().count() > 256 {
        "its value must have at most 256 characters"
    } else {
        return Ok(());
    };
    Err(NameError { what: "tag", value: name.to_owned(), rule: rule.to_owned(), suggestion: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workshops_own_names_are_valid() {
        assert_eq!(crate::lab::spec::LabSpec::workshop("default", "s").check_names(), Ok(()));
    }

    #[test]
    fn each_rule_is_named_with_a_valid_suggestion() {
        type Check = fn(&str) -> Result<(), NameError>;
        let cases: [(Check, &str, &str); 12] = [
            (group, "", "1 to 90"),
            (group, "lab.", "must end"),
            (group, "lab/one", "not '/'"),
            (cluster, "-aks", "must begin"),
            (cluster, "my aks", "not ' '"),
            (identity, "id", "3 to 128"),
            (federated_credential, "fed.cred", "not '.'"),
            (account, "my_openai", "not '_'"),
            (account, "microsoft-ai", "reserves the word 'microsoft'"),
            (account, "login1", "reserves the word 'login'"),
            (deployment, "x", "2 to 64"),
            (lab, "ü", "not 'ü'"),
        ];
        for (check, value, says) in cases {
            let error = check(value).expect_err(value);
            assert!(error.to_string().contains(says), "{error}");
            if let Some(suggestion) = &error.suggestion {
                assert_eq!(check(suggestion), Ok(()), "{suggestion}");
            }
        }
        assert!(account("office-hours").is_ok(), "a reserved whole word may be a part");
    }

    #[test]
    fn locations_are_taken_as_people_write_them() {
        assert_eq!(location("West Europe"), Ok("westeurope".to_owned()));
        assert!(location("west-europe").is_err());
    }

    #[test]
    fn a_subject_names_a_service_account() {
        assert!(subject("system:serviceaccount:default:ai-service-account").is_ok());
        for bad in
            ["system:serviceaccount:default", "system:serviceaccount:Default:x", "repo:a/b", "system:serviceaccount::x"]
        {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_lab_is_named_after_its_attendee_in_letters_that_azure_takes() {
        for (called, name) in [
            ("Zoë Müller", "zoe-muller"),
            ("  Ada   Lovelace ", "ada-lovelace"),
            ("Seán O’Brien", "sean-obrien"),
            ("李明", "li-ming"),
            ("Жанна д'Арк", "zhanna-dark"),
            ("Łukasz Żółć", "lukasz-zolc"),
            ("Smith, John (ext.)", "smith-john-ext"),
            ("R2-D2", "r2-d2"),
        ] {
            assert_eq!(lab_called(called).as_deref(), Some(name), "{called}");
            assert_eq!(lab(name), Ok(()));
        }
        assert_eq!(lab_called("  --  "), None);
        assert_eq!(lab("Zoë Müller").unwrap_err().suggestion.as_deref(), Some("zoe-muller"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_checked_without_panic_and_suggestions_hold(value in ".{0,130}") {
            for check in [lab, group, cluster, identity, federated_credential, deployment] {
                if let Err(NameError { suggestion: Some(suggestion), .. }) = check(&value) {
                    proptest::prop_assert_eq!(check(&suggestion), Ok(()));
                }
            }
        }
    }
}
