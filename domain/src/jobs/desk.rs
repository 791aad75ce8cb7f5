//! Who may run at once: kinds of jobs share slots with their like, so that what waits for a mail server or for the system
//! of a merchant holds up nothing else.

use entity::words::MessageChannel;

use crate::kernel::Ctx;
use crate::kernel::job::WORK;
use crate::messaging::request::{SEND_ASKED_JOB, SEND_CODE_JOB, SEND_ELSEWHERE_JOB, SEND_JOB};
use crate::messaging::send::is_resting;

/// Slots for some kinds of jobs, in every process that runs jobs.
#[derive(Debug, Clone, Copy)]
pub struct Desk {
    /// Its name in the rows of its jobs; what sends has a desk of the same name as its kind.
    pub name: &'static str,
    /// How many run at once. Most of a job is waiting: for a server, for the database, for its turn.
    pub slots: usize,
    /// How many slots must be free before more are claimed. Where jobs take turns anyway, those that wait for theirs are
    /// fetched together: a claim is a transaction, and costs the same for four as for one.
    at_once: usize,
    /// Channels by which its jobs send. While all of them rest nothing is begun here; none for jobs of any other kind, and
    /// where each receiver rests for itself.
    needs: &'static [MessageChannel],
}

/// All of them; each job has one.
pub const DESKS: &[Desk] = &[
    Desk { name: WORK, slots: 8, at_once: 1, needs: &[] },
    Desk { name: SEND_CODE_JOB, slots: 4, at_once: 1, needs: &[MessageChannel::Email, MessageChannel::Sms] },
    Desk { name: SEND_JOB, slots: 4, at_once: 2, needs: &[MessageChannel::Email] },
    Desk { name: SEND_ELSEWHERE_JOB, slots: 4, at_once: 1, needs: &[] },
    Desk {
        name: SEND_ASKED_JOB,
        slots: 8,
        at_once: 4,
        needs: &[MessageChannel::Email, MessageChannel::Line, MessageChannel::Sms],
    },
];

impl Desk {
    /// How many more jobs it takes while so many run.
    #[must_use]
    pub const fn wants(&self, running: usize) -> usize {
        let free = self.slots.saturating_sub(running);
        if free < self.at_once { 0 } else { free }
    }

    /// Whether a job may begin. While no server gives an answer its jobs stay where they are: to claim thousands and to put
    /// them back would be work for nothing. While some do it is open, and what goes by the others is put back one by one:
    /// short messages that do not leave must not keep mails here.
    #[must_use]
    pub fn is_open(&self, ctx: &Ctx) -> bool {
        self.needs.is_empty() || !self.needs.iter().all(|channel| is_resting(ctx, *channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::request::SEND_JOBS;

    #[test]
    fn jobs_that_take_turns_are_fetched_together() {
        let desk = Desk { name: WORK, slots: 4, at_once: 2, needs: &[] };
        assert_eq!([0, 1, 2, 3, 4, 5].map(|running| desk.wants(running)), [4, 3, 2, 0, 0, 0]);
        assert!(DESKS.iter().all(|desk| desk.wants(0) == desk.slots), "an idle desk takes what comes");
    }

    #[test]
    fn every_kind_that_sends_has_its_desk() {
        for name in SEND_JOBS.iter().copied().chain([WORK]) {
            assert_eq!(DESKS.iter().filter(|desk| desk.name == name).count(), 1, "{name}");
        }
        assert!(DESKS.iter().all(|desk| desk.slots > 0));
    }
}
