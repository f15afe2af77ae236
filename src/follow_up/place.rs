//! Where a run is, and the lines that run there too.

use std::sync::Arc;

use super::{FollowUp, Labs, Reach, Verb};
use crate::values::shell_word;

/// Options that mean nothing on Azure, each with a value.
const OF_SANDBOX: [&str; 3] = ["--sandbox-dir", "--sandbox-speed", "--sandbox-kubernetes"];

/// An option of the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// `--subscription`
    pub(crate) option: &'static str,
    /// Its value.
    pub(crate) value: String,
}

/// An option of this run that says what its labs are: `--cluster c1`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    words: Vec<String>,
    /// The subcommands that take it.
    verbs: Vec<Verb>,
}

/// Which Azure or sandbox a run is on, which file says what its labs are, and how it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    is_sandbox: bool,
    /// The sandbox's folder and speed, as far as options said them.
    state: Vec<Placed>,
    /// The Azure and the file of labs.
    target: Vec<Placed>,
    given: Vec<Given>,
    /// The labs that the file lists, where it lists several: leaving out the name means all of them. Shared: a class
    /// has a thousand names, and what looks at a lab has a place of its own.
    listed: Arc<[String]>,
    arguments: Vec<String>,
}

impl Place {
    /// A run on Azure that was started with `arguments`: `["provision", "-l", "anna"]`.
    pub(crate) fn azure(arguments: &[String]) -> Self {
        Self { arguments: arguments.to_vec(), ..Self::default() }
    }

    /// A run in the sandbox that was started with `arguments`.
    pub(crate) fn sandbox(arguments: &[String]) -> Self {
        Self { is_sandbox: true, ..Self::azure(arguments) }
    }

    /// With the options that say which Azure, and which file.
    #[must_use]
    pub(crate) fn with_target(mut self, target: impl IntoIterator<Item = Placed>) -> Self {
        self.target.extend(target);
        self
    }

    /// With the options that say which sandbox.
    #[must_use]
    pub(crate) fn with_state(mut self, state: impl IntoIterator<Item = Placed>) -> Self {
        self.state.extend(state);
        self
    }

    /// With an option that says what the labs are, for the subcommands that take it.
    #[must_use]
    pub(crate) fn with_given(mut self, words: Vec<String>, verbs: Vec<Verb>) -> Self {
        self.given.push(Given { words, verbs });
        self
    }

    /// With a file that lists these labs.
    #[must_use]
    pub(crate) fn with_listed_labs(self, listed: Vec<String>) -> Self {
        Self { listed: listed.into(), ..self }
    }

    /// Whether every command on labs says `option`.
    pub(crate) fn names(&self, option: &str) -> bool {
        self.target.iter().any(|one| one.option == option)
    }

    /// `command`, ready to be pasted.
    pub(crate) fn line(&self, command: &FollowUp) -> String {
        let mut words: Vec<String> =
            std::iter::once("azlab").chain(command.verb.words().iter().copied()).map(str::to_owned).collect();
        match command.verb.reach() {
            Reach::Labs => words.extend(self.options().flatten()),
            Reach::Sandbox => words.extend(self.state.iter().flat_map(Placed::words)),
            Reach::Nothing => {}
        }
        if let Some(labs) = &command.labs {
            words.extend(labs.options(&self.listed));
            // What the command says itself goes before what the run was given.
            let is_said = |given: &Given| given.words.first().is_some_and(|option| command.words.contains(option));
            let taken = self.given.iter().filter(|given| given.verbs.contains(&command.verb) && !is_said(given));
            words.extend(taken.flat_map(|given| given.words.iter().cloned()));
        }
        words.extend(command.words.iter().cloned());
        quoted(&words)
    }

    /// `verb` for `labs`, ready to be pasted.
    pub(crate) fn line_on(&self, verb: Verb, labs: impl Into<Labs>) -> String {
        self.line(&FollowUp::new(verb).on(labs))
    }

    /// The command of this run as it was typed, with `more` behind it, and with what only the environment or the file said
    /// of its place.
    pub(crate) fn again(&self, more: &[&str]) -> String {
        let missing = self.options().filter(|option| !self.is_typed(&option[0])).flatten();
        let more: Vec<String> = missing.chain(more.iter().map(|word| (*word).to_owned())).collect();
        let mut words: Vec<String> =
            std::iter::once("azlab".to_owned()).chain(self.arguments.iter().cloned()).collect();
        // Behind two hyphens stands no option.
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        words.splice(end..end, more);
        quoted(&words)
    }

    /// The command of this run with this value of `option`, whatever it was given.
    pub(crate) fn again_saying(&self, option: &str, value: &str) -> String {
        let mut place = self.clone();
        place.arguments.clear();
        let mut typed = self.arguments.iter();
        while let Some(word) = typed.next() {
            if word == "--" {
                place.arguments.push(word.clone());
                place.arguments.extend(typed.by_ref().cloned());
            } else if word == option {
                typed.next();
            } else if word.strip_prefix(option).is_none_or(|rest| !rest.starts_with('=')) {
                place.arguments.push(word.clone());
            }
        }
        place.again(&[option, value])
    }

    /// The command of this run on Azure, if nothing but its options made it one in the sandbox.
    pub(crate) fn again_on_azure(&self) -> Option<String> {
        if !self.is_typed("--sandbox") {
            return None;
        }
        let mut words = vec!["azlab".to_owned()];
        let mut typed = self.arguments.iter();
        while let Some(word) = typed.next() {
            match word.as_str() {
                "--sandbox" => {}
                word if OF_SANDBOX.contains(&word) => drop(typed.next()),
                word if word.split_once('=').is_some_and(|(option, _)| OF_SANDBOX.contains(&option)) => {}
                _ => words.push(word.clone()),
            }
        }
        Some(quoted(&words))
    }

    /// A command line of a scenario's text (`azlab provision --sandbox -l anna`), in this sandbox.
    pub(crate) fn rehearsal(&self, line: &str) -> String {
        let words = shlex::split(line).unwrap_or_default();
        match words.split_first().and_then(|(_, rest)| Verb::read(rest)) {
            Some((verb, rest)) => {
                let rest = rest.iter().filter(|word| *word != "--sandbox").cloned();
                self.line(&FollowUp::new(verb).with(rest))
            }
            None => line.to_owned(),
        }
    }

    /// The options of a command on labs, each with its value.
    fn options(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        let sandbox = self.is_sandbox.then(|| vec!["--sandbox".to_owned()]);
        sandbox.into_iter().chain(self.state.iter().chain(&self.target).map(|one| one.words().to_vec()))
    }

    /// Whether `option` is on the command line.
    fn is_typed(&self, option: &str) -> bool {
        let words = self.arguments.iter().take_while(|word| *word != "--");
        words
            .into_iter()
            .any(|word| word.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    }
}

impl Placed {
    fn words(&self) -> [String; 2] {
        [self.option.to_owned(), self.value.clone()]
    }
}

/// Words as a shell takes them.
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        shlex::split(line).expect("a command line")
    }

    fn placed(option: &'static str, value: &str) -> Placed {
        Placed { option, value: value.to_owned() }
    }

    #[test]
    fn a_command_on_labs_stays_in_the_sandbox_of_its_run() {
        let place = Place::sandbox(&[]).with_state([placed("--sandbox-dir", "my 'own' dir")]);
        let line = place.line_on(Verb::Teardown, Labs::placed([("anna", "course 42")]));
        let want = [
            "teardown",
            "--sandbox",
            "--sandbox-dir",
            "my 'own' dir",
            "--lab",
            "anna",
            "--resource-group",
            "course 42",
        ];
        assert_eq!(words(&line)[1..], want);
        assert_eq!(
            words(&place.line(&FollowUp::new(Verb::SandboxReset)))[1..],
            ["sandbox", "reset", "--sandbox-dir", "my 'own' dir"]
        );
        assert_eq!(place.line(&FollowUp::new(Verb::ConfigSchema)).split(' ').count(), 3);
    }

    #[test]
    fn the_command_that_continues_says_what_only_the_environment_said() {
        let place = Place::sandbox(&words("provision -g \"it's mine\" --sandbox-dir=d"))
            .with_state([placed("--sandbox-dir", "d")])
            .with_target([placed("--config", "c.toml")]);
        let want = "provision -g \"it's mine\" --sandbox-dir=d --sandbox --config c.toml --yes";
        assert_eq!(words(&place.again(&["--yes"]))[1..], words(want));
        assert_eq!(
            Place::sandbox(&words("x -- y")).again(&[]).split(' ').collect::<Vec<_>>()[1..],
            ["x", "--sandbox", "--", "y"]
        );
    }

    #[test]
    fn the_command_with_another_value_of_an_option_says_it_once() {
        for typed in ["reset --if-busy fail -l a", "reset --if-busy=fail -l a", "reset -l a"] {
            let line = Place::azure(&words(typed)).again_saying("--if-busy", "wait");
            assert_eq!(words(&line)[1..].join(" "), "reset -l a --if-busy wait", "{typed}");
        }
    }

    #[test]
    fn the_same_on_azure_has_nothing_left_of_the_sandbox() {
        let typed = "provision --sandbox-dir d --sandbox --sandbox-speed=60 -l a";
        assert_eq!(
            Place::sandbox(&words(typed)).again_on_azure().map(|line| words(&line)[1..].join(" ")),
            Some("provision -l a".into())
        );
        assert_eq!(Place::sandbox(&words("provision --sandbox-dir d")).again_on_azure(), None);
    }

    #[test]
    fn options_of_the_labs_go_to_the_commands_that_take_them() {
        let place = Place::azure(&[]).with_given(vec!["--cluster".into(), "c1".into()], vec![Verb::Kubeconfig]);
        let labs = || Labs::placed([("default", "myResourceGroup")]);
        assert!(place.line_on(Verb::Kubeconfig, labs()).ends_with("kubeconfig --cluster c1"));
        assert!(place.line_on(Verb::Extend, labs()).ends_with("extend"));
        assert!(place.line(&FollowUp::new(Verb::Kubeconfig)).ends_with("kubeconfig"), "on no lab in particular");
    }

    #[test]
    fn the_default_lab_is_named_where_a_file_lists_others() {
        let labs = || Labs::placed([("default", "myResourceGroup")]);
        assert!(
            Place::azure(&[])
                .with_listed_labs(vec!["anna".into(), "ben".into()])
                .line_on(Verb::Reset, labs())
                .ends_with("--lab default")
        );
    }
}
