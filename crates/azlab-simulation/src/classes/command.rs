//! A command line, as the judge understands it.

use super::file::ClassFile;

/// A command and the labs that it names.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a>(pub &'a str);

impl<'a> Command<'a> {
    /// The subcommand.
    pub fn verb(&self) -> &'a str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// Whether it has this word.
    pub fn has(&self, word: &str) -> bool {
        self.0.split(' ').any(|one| one == word)
    }

    /// The labs after `-l`.
    pub fn named(&self) -> Vec<&'a str> {
        let after = self.0.split(' ').skip_while(|word| *word != "-l").skip(1);
        after.take_while(|word| !word.starts_with('-')).collect()
    }

    /// The labs that it is about, where the file lists these.
    pub fn labs(&self, file: &ClassFile) -> Vec<String> {
        let named = self.named();
        match named.is_empty() {
            true => file.labs(),
            false => named.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether it is about this lab.
    pub fn is_about(&self, lab: &str, file: &ClassFile) -> bool {
        self.labs(file).iter().any(|one| one == lab)
    }

    /// Whether it fits the file: only a teardown takes labs that are in no row any more.
    pub fn fits(&self, file: &ClassFile) -> bool {
        let is_fine = self.verb() == "teardown" || self.named().iter().all(|lab| file.lists(lab));
        let spare = self.0.split(' ').skip_while(|word| *word != "--spare").nth(1);
        is_fine && (self.verb() != "swap" || file.spares > 0) && spare.is_none_or(|spare| file.lists(spare))
    }
}
