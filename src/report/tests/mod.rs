//! What people and scripts see of one scripted run.

mod bars;
mod files;
mod lines;
mod result;
mod script;
