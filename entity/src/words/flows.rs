//! Words of flows.

use crate::word::word;

word! {
    /// Whether a flow works.
    pub enum FlowStatus {
        /// It starts no runs and sends nothing.
        Off = "OFF",
        /// It works.
        On = "ON",
        /// It starts no runs; what waits stays.
        Paused = "PAUSED",
    }
}

word! {
    /// Lifecycle of one run of a flow.
    pub enum FlowRunStatus {
        /// Until a time or an event.
        Waiting = "WAITING",
        /// At its end.
        Done = "DONE",
        /// Ended early; the reason is stored.
        Stopped = "STOPPED",
        /// In the group that gets nothing, to compare with.
        HeldOut = "HELD_OUT",
    }
}

word! {
    /// How a step of a run ended.
    pub enum FlowStepOutcome {
        /// It did its work.
        Done = "DONE",
        /// Its guard or policy said no; the reason is stored.
        Skipped = "SKIPPED",
        /// It could not be done.
        Failed = "FAILED",
    }
}
