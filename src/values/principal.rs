//! What may be given access.

/// What an object of the directory is, as role assignments name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrincipalKind {
    /// Somebody, a guest included.
    User,
    /// Several.
    Group,
    /// An application, or a managed identity.
    ServicePrincipal,
}
