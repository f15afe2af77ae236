//! `azlab` sets up, repairs and removes Azure labs; see docs/architecture.md for the map.
pub mod clock;
pub mod sandbox;
