//! What the environment says about the terminal.

/// What the environment says about the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalEnvironment {
    /// `NO_COLOR` is set and not empty.
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0`.
    pub(crate) clicolor_force: bool,
    /// `CLICOLOR` is `0`.
    pub(crate) clicolor_off: bool,
    /// `TERM` is `dumb`, or missing where terminals set it: nothing can be redrawn.
    pub(crate) dumb: bool,
    /// The locale's encoding is UTF-8.
    pub(crate) utf8: bool,
}

impl TerminalEnvironment {
    /// Reads the process's variables.
    pub(crate) fn from_process() -> Self {
        Self::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads variables through `var`, which gives a variable's value if it is set.
    pub(crate) fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| var(name).filter(|value| !value.is_empty());
        // The order in which setlocale(3) looks for the category of characters.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled).unwrap_or_default().to_lowercase();
        Self {
            no_color: filled("NO_COLOR").is_some(),
            clicolor_force: filled("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            clicolor_off: filled("CLICOLOR").is_some_and(|value| value == "0"),
            dumb: filled("TERM").map_or(cfg!(unix), |term| term == "dumb"),
            // Windows has no such variables, and its consoles take Unicode.
            utf8: cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> TerminalEnvironment {
        TerminalEnvironment::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn empty_variables_count_as_missing() {
        let environment = read(&[("NO_COLOR", ""), ("CLICOLOR_FORCE", ""), ("TERM", "xterm"), ("LC_ALL", "")]);
        assert_eq!(environment, TerminalEnvironment { utf8: cfg!(windows), ..TerminalEnvironment::default() });
    }

    #[test]
    fn variables_are_read_as_their_conventions_say() {
        let environment = read(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "0"), ("CLICOLOR", "0"), ("TERM", "dumb")]);
        assert!(environment.no_color && !environment.clicolor_force && environment.clicolor_off && environment.dumb);
    }

    #[cfg(unix)]
    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(read(&[("LANG", "en_US.UTF-8")]).utf8);
        assert!(read(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]).utf8);
        assert!(!read(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]).utf8);
        assert!(!read(&[]).utf8);
        assert!(read(&[]).dumb);
    }
}
