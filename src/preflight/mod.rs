//! What is looked at before the first write: one check a file, each with a stable id, a severity and a fix. Reads only.
//!
//! [`survey`] runs those that a lab needs and gives the plan for the recipe. What exists already and fits is not checked:
//! a second `provision` of a finished lab reads next to nothing here.
pub mod account_name;
pub mod cluster_size;
pub mod deployments;
pub mod facts;
pub mod finding;
pub mod kubernetes;
pub mod location;
pub mod model;
pub mod providers;
pub mod survey;
