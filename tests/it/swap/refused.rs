use std::path::Path;
use std::sync::Arc;

use azlab::cli::{Cli, Command};
use azlab::config::Config;
use azlab::outcome::Exit;
use azlab::settings::{LabSource, SwapSettings};

use super::{CLASS, SMALL, class};
use crate::provision::fixture::Azure;

/// What `swap` says to these arguments, before anything is asked of Azure.
fn refused(file: Option<&str>, arguments: &str) -> String {
    let cli = Cli::read_from(["azlab", "swap"].into_iter().chain(arguments.split_whitespace())).unwrap();
    let file = file.map(|text| Arc::new(Config::parse(Path::new("azlab.toml"), text).unwrap()));
    let Command::Swap(args) = &cli.command else { panic!("{:?}", cli.command) };
    let settings = LabSource::resolve(&cli.global, file).and_then(|labs| SwapSettings::resolve(args, &labs));
    settings.expect_err(arguments).to_string()
}

#[test]
fn what_cannot_be_swapped_is_told_before_anything_is_sent() {
    for (file, arguments, says) in [
        (None, "-l ada", "there is no azlab.toml, and no spares"),
        (Some("version = 1\nlabs = ['ada']"), "-l ada", "azlab.toml has no spares"),
        (Some(SMALL), "", "nobody says whose lab is broken"),
        (Some(CLASS), "--all", "nobody says whose lab is broken"),
        (Some(CLASS), "-l ada ben", "swap gives a spare in the place of one lab, not of 2: name one with --lab"),
        (Some(CLASS), "-l spare-1", "spare-1 is a spare"),
        (Some(CLASS), "-l ada --spare ben", "ben is not a spare: the file's spares are spare-1, spare-2"),
        (Some(CLASS), "-l cleo", "azlab.toml has no lab 'cleo'"),
    ] {
        assert!(refused(file, arguments).contains(says), "{arguments}: {}", refused(file, arguments));
    }
}

#[test]
fn spares_that_cannot_be_are_told_with_their_line() {
    for (rest, says) in [
        ("spares = -1\nlabs = ['ada']", "azlab.toml:2"),
        ("spares = 'three'\nlabs = ['ada']", "azlab.toml:2"),
        ("spares = 9000\nlabs = ['ada']", "azlab.toml:2"),
        ("spares = 490\nlabs = ['ada']", "491 labs are too many"),
        ("spares = 2", "spares stand beside labs, and the file lists none"),
        ("spares = 2\nlabs = ['ada', 'Spare-2']", "the lab 'spare-2' has the name of a spare"),
    ] {
        let told = Config::parse(Path::new("azlab.toml"), &format!("version = 1\n{rest}\n")).unwrap_err().to_string();
        assert!(told.contains(says), "{rest}: {told}");
        assert!(told.contains("azlab.toml:"), "{rest}: {told}");
    }
    let none = Config::parse(Path::new("azlab.toml"), "version = 1\nspares = 0\nlabs = ['ada']\n").unwrap();
    assert_eq!(none.lab_names().collect::<Vec<_>>(), ["ada"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_spare_that_is_ready_nothing_is_written() {
    let azure = Azure::with(super::settings);
    azure.run_with(SMALL, "provision -l ada").await.ready();
    let ran = azure.run_with(SMALL, "swap -l ada").await.refused(Exit::NotFound);
    let error = ran.finished.result.error.unwrap();
    assert_eq!(error.message, "no spare is ready for ada: spare-1 does not exist");
    assert!(error.hint.unwrap().contains("azlab provision --lab spare-1"));
    // A spare with another VM size than her lab would have can never become it.
    let file = format!("{SMALL}cluster.node_vm_size = 'Standard_DS2_v2'\n");
    let azure = class(&file).await;
    let error = azure.run_with(&file, "swap -l ada").await.refused(Exit::NotFound).finished.result.error.unwrap();
    assert_eq!(error.message, "no spare is ready for ada: spare-1 (myResourceGroup-spare-1) is not ready");
}

#[tokio::test(start_paused = true)]
async fn an_attendee_who_is_not_in_the_directory_gets_nothing() {
    let azure = class(SMALL).await;
    let file = SMALL.replace("ada@contoso.com", "adda@contoso.com");
    azure.run_with(&file, "swap -l ada").await.refused(Exit::Preflight);
}
