//! `azlab` sets up, repairs and removes Azure labs; see docs/architecture.md for the map.
pub mod azure;
pub mod cli;
pub mod commands;
pub mod config;
pub mod events;
pub mod follow_up;
pub mod hints;
pub mod kubeconfig;
pub mod lab;
pub mod outcome;
pub mod preflight;
pub mod recipe;
pub mod report;
pub mod run;
pub mod settings;
pub mod values;
pub mod verify;
