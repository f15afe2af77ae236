//! Other people's clients, unmodified, against `azlab sandbox serve`: the az CLI, the Python management SDKs, the openai SDKs of
//! Python and JavaScript, the identity libraries of Go and JavaScript.
//!
//! They need the virtual environment that `.ci/run` makes (`tests/clients/install`); where it is not, these tests say so
//! and skip. The clients run where nothing but loopback can be reached, and what they try to reach elsewhere fails the test.

mod around;
mod attendee;
mod lab;
mod network;
mod openai;
mod readme;
mod refused;
mod sdk;
mod shell;
mod sign_in;
mod workshop;
