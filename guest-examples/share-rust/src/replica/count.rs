use super::Host;

/// Something that is counted, by the name of its metric. README.md of the example
/// share says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
#[repr(usize)]
pub enum Counter {
    SentInserts,
    SentRemoves,
    Unavailable,
    Unsent,
    AppliedInserts,
    AppliedRemoves,
    Known,
    Buried,
    Refused,
    RefusedRemoved,
    Malformed,
    MessagesLost,
    EventsLost,
    Asks,
    Resyncs,
    TransfersSent,
    TransfersFailed,
    TransferSessions,
    TransferRemoves,
    Resent,
    Pulled,
    PullMissed,
    PullAbsent,
    PullUnavailable,
    PullServed,
    PullSpared,
}

/// The names of the metrics, in the order of [`Counter`].
const NAMES: [&str; 26] = [
    "sent_inserts",
    "sent_removes",
    "unavailable",
    "unsent",
    "applied_inserts",
    "applied_removes",
    "known",
    "buried",
    "refused",
    "refused_removed",
    "malformed",
    "messages_lost",
    "events_lost",
    "asks",
    "resyncs",
    "transfers_sent",
    "transfers_failed",
    "transfer_sessions",
    "transfer_removes",
    "resent",
    "pulled",
    "pull_missed",
    "pull_absent",
    "pull_unavailable",
    "pull_served",
    "pull_spared",
];

/// Counts are added up here and handed to the host with each tick: a call of the
/// host for each event would cost more than the counting.
#[derive(Default)]
pub(super) struct Counters {
    total: [i64; NAMES.len()],
    told: [i64; NAMES.len()],
}

impl Counters {
    pub(super) fn add(&mut self, counter: Counter, n: i64) {
        self.total[counter as usize] += n;
    }

    pub(super) fn get(&self, counter: Counter) -> i64 {
        self.total[counter as usize]
    }

    /// Gives the host what it has not been told yet.
    pub(super) fn tell(&mut self, host: &mut impl Host) {
        for ((total, told), name) in self.total.iter().zip(&mut self.told).zip(NAMES) {
            if total != told {
                host.add(name, total - *told);
                *told = *total;
            }
        }
    }
}
