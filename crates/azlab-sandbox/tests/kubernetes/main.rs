//! The API server of a cluster over a socket: the bodies that a real API server is held to as well, and kubectl as a witness.

mod bodies;
mod embedded;
mod kubectl;
mod lab;
mod real;
mod server;
