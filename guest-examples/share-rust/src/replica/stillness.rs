use super::config::{LOOKBACK, MINUTE, SECOND};

/// Notices that this process stood still: what arrived right after that was sent
/// long before it.
#[derive(Default)]
pub(super) struct Stillness {
    ticked: i64,
    began: i64,
    over: i64,
}

/// What a pause between two ticks has to be to be one.
const STOOD: i64 = 30 * SECOND;

impl Stillness {
    pub fn tick(&mut self, now: i64) {
        if self.ticked != 0 && now - self.ticked > STOOD {
            if now - self.over > MINUTE {
                self.began = self.ticked; // else the one before goes on
            }
            self.over = now;
        }
        self.ticked = now;
    }

    /// When, at the earliest, a message was sent that arrived at the time `heard`.
    pub fn sent(&mut self, heard: i64, now: i64) -> i64 {
        self.tick(now);
        if self.over != 0 && heard > self.began && now - self.over < LOOKBACK {
            return self.began;
        }
        heard
    }
}
