//! The service as a client sees it.
