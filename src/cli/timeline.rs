//! `azlab timeline`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Show what took how long in a run, from its events file.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The file comes from --events FILE of any command; a file with several runs shows
the last one, or the one that --run names. The page stands by itself and asks no
other host for anything:
  azlab provision --all --events events.jsonl
  azlab timeline events.jsonl > timeline.html")]
pub struct TimelineArgs {
    /// The events file; - is stdin
    pub(crate) file: PathBuf,
    /// html: a page of all labs; svg: a picture of one lab (--lab)
    #[arg(long, value_enum, default_value_t = PageFormat::Html, value_name = "FORMAT")]
    pub(crate) format: PageFormat,
    /// Which run of the file, from 1 [default: the last]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) run: Option<usize>,
}

/// The form of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    /// A page for a browser.
    #[default]
    Html,
    /// A picture.
    Svg,
}
