//! docs/STYLE.md against the texts of the source, and the pages against the files that they name.
mod pages;
mod phrases;
