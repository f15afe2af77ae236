//! Where the keys of a file stand.

use std::collections::BTreeMap;

/// Where each key of a file stands, by its path: `labs[0].cluster.name`.
pub(super) type Places = BTreeMap<String, Place>;

/// Where a key stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(crate) key: std::ops::Range<usize>,
    pub(crate) value: std::ops::Range<usize>,
}
