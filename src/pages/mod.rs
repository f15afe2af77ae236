//! Pages for a browser: each is one file that stands by itself and asks no other host for anything.

pub(crate) mod board;
mod engine;
pub(crate) mod handout;
pub(crate) mod timeline;
