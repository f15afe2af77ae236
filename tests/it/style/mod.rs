//! docs/STYLE.md against the texts of the source, and the pages against the files that they name.
mod az_commands;
mod pages;
mod phrases;
