//! What a run does about another one that is at work on the same lab.

use super::words::words;

/// What a run does about another one that is at work on the same lab (`--if-busy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfBusy {
    /// Says so, and continues beside it: commands converge, and a lease whose run has died must lock nobody out.
    #[default]
    GoOn,
    /// Waits until the other one has ended.
    Wait,
    /// Ends before it writes anything.
    Fail,
}

words!(IfBusy, GoOn = "go-on", Wait = "wait", Fail = "fail");
