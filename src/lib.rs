//! `azlab` sets up, repairs and removes Azure labs; see docs/architecture.md for the map.
#![expect(
    rustdoc::private_intra_doc_links,
    reason = "a program has no users of its library but its tests: its docs are built with private items"
)]

pub(crate) mod app;
pub mod azure;
pub mod cli;
pub mod commands;
pub mod config;
pub mod events;
pub mod follow_up;
pub mod hints;
pub mod kubeconfig;
pub(crate) mod kubernetes;
pub mod lab;
pub mod outcome;
pub(crate) mod pages;
pub mod preflight;
pub mod recipe;
pub mod report;
pub mod run;
pub mod settings;
pub mod values;
pub(crate) mod verify;
