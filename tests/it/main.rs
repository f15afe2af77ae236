//! One binary for all integration tests: linking the SDK crates once is enough.
mod serve;
mod signin_az;
mod signin_entra;
