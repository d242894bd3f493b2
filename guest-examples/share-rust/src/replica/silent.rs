use super::pull::within;
use super::Node;

/// A node that was waited for in vain when it was last asked for a session: one
/// that hangs, or can't be reached while the broker does not know yet.
#[derive(Clone, Copy, Default)]
struct Silent {
    node: Node,
    /// When it had been waited for.
    at: i64,
    /// How often in a row; 0 is no node.
    times: u8,
}

/// As many of them as are remembered, in no order.
#[derive(Default)]
pub(super) struct Silents([Silent; KEPT]);

const KEPT: usize = 16;
/// Bounds how long a node is left alone: at first for twice as long as it was waited
/// for, so that one that was only busy is asked soon; then each time for twice as
/// long again, so that one that hangs keeps hardly anybody waiting; 32 times as long
/// at most, so that all that are remembered together take half of the time.
const DOUBLINGS: u8 = 5;

impl Silents {
    /// Whether a node is left alone, where its answer is waited for as long as
    /// `timeout`.
    pub fn rests(&self, node: &Node, now: i64, timeout: i64) -> bool {
        self.find(node).is_some_and(|i| within(now, self.0[i].at, timeout << self.0[i].times))
    }

    /// Notes that a node has just been waited for in vain, in the place of the one
    /// that was longest ago where there are too many.
    pub fn add(&mut self, node: Node, now: i64) {
        let i = self.find(&node).unwrap_or_else(|| self.oldest());
        let s = &mut self.0[i];
        let times = if s.node == node { s.times } else { 0 };
        *s = Silent {
            node,
            at: now,
            times: (times + 1).min(DOUBLINGS),
        };
    }

    /// Notes that a node has answered.
    pub fn remove(&mut self, node: &Node) {
        if let Some(i) = self.find(node) {
            self.0[i] = Silent::default();
        }
    }

    fn find(&self, node: &Node) -> Option<usize> {
        self.0.iter().position(|s| s.times > 0 && s.node == *node)
    }

    fn oldest(&self) -> usize {
        (0..KEPT).min_by_key(|i| self.0[*i].at).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SECOND;
    use super::*;
    use alloc::format;

    const NOW: i64 = 1_800_000_000 * SECOND;

    fn node(n: usize) -> Node {
        format!("{n:012x}").as_bytes().try_into().unwrap()
    }

    #[test]
    fn the_oldest_silence_is_forgotten() {
        let mut all = Silents::default();
        for n in 0..=KEPT {
            all.add(node(n), NOW + n as i64);
        }
        for n in 0..=KEPT {
            assert_eq!(all.rests(&node(n), NOW + SECOND, SECOND), n > 0, "{n}");
        }
        all.remove(&node(7));
        all.add(node(0), NOW + SECOND);
        let rests = [0, 1, 7].map(|n| all.rests(&node(n), NOW + SECOND, SECOND));
        assert_eq!(rests, [true, true, false], "the place that was free is taken");
    }
}
