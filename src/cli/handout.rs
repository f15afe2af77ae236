//! `azlab handout`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Make a card for each attendee: what is theirs, how to sign in, and when it ends.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The page prints two columns a sheet with cut marks, and a sheet to sign on; in a
browser's print dialog choose both sides, long edge, if there is a --back:
  azlab handout --all > cards.html
No key and no token is on a card. A template is Jinja's language; it sees title,
cards (lab, name, sign_in, resource_group, location, cluster, endpoint,
deployment, ends, commands, portal, more, qr, number), pages and back.
In csv, what a spreadsheet would take for a formula (=1, +46 70, @ada) has a '
in front; a roster is read without it, and jsonl has every text as it is.")]
pub struct HandoutArgs {
    /// html: to print; csv: for a mail merge; jsonl: one JSON object a card
    #[arg(long, value_enum, default_value_t = HandoutFormat::Html, value_name = "FORMAT")]
    pub(crate) format: HandoutFormat,
    /// A template of your own for the page
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// A text for the backs of the cards, in Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) back: Option<PathBuf>,
}

/// The form of a handout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum HandoutFormat {
    /// A page to print.
    #[default]
    Html,
    /// A table.
    Csv,
    /// JSON lines.
    Jsonl,
}
