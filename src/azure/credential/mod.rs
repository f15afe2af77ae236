//! Signing in: where a token comes from, and one cache above it.
//!
//! [`sign_in`] picks a [`TokenSource`] by [`AuthMode`] and wraps it in a [`TokenCache`], which is all that the
//! transport sees. In the sandbox the source is a [`SandboxSource`]; everything above is the same.
mod auto;
mod cache;
mod classify;
mod http;
mod identity;
mod printed;
mod program;
mod sandbox;
mod signin;
mod token;
mod trouble;

pub use cache::TokenCache;
pub use sandbox::SandboxSource;
pub use signin::{SignInOptions, sign_in};
pub use token::{AccessToken, TokenSource};

pub use super::credential_kind::CredentialKind;
pub use super::sign_in_error::{Attempt, SignInError, SignInFailure};
pub use crate::values::{AuthMode, Environment};
