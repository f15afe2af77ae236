//! What goes wrong for people who do this by hand or with other tools: each trap has a test with its name.
//! docs/field-notes.md says which note each test answers; some of them stand beside tests of their own subject.

pub mod listed;
mod parallel_writes;
mod quota_and_regions;
mod resume;
mod role_assignments;
mod seeing;
mod soft_delete;
