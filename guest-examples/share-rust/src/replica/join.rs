use alloc::vec::Vec;

use sesshook_guest::Level;

use super::config::{MILLISECOND, MINUTE, SECOND};
use super::message::{begin, kind, kind_of};
use super::peer::Wish;
use super::{valid_node, Counter, Host, Node, Replica};

/// The search for a node that gives everything.
#[derive(Default)]
pub(super) struct Joining {
    pub on: bool,
    pub began: i64,
    next: i64,
    pause: i64,
}

const FIRST_PAUSE: i64 = 250 * MILLISECOND;
const LONGEST_PAUSE: i64 = 8 * SECOND;
/// For how long it is tried. What others have lost of this node, and this one of
/// others, they tell each other anyway.
const END: i64 = MINUTE;
/// How long any node's answer is waited for, in ms.
const WHO_TIMEOUT: u32 = 100;
/// How old an instance is that gives everything: one that has only just been
/// started has nothing.
const WHO_AGE: i64 = 3 * SECOND;

impl Joining {
    pub fn begin(&mut self, now: i64) {
        if !self.on {
            *self = Joining {
                on: true,
                began: now,
                next: now,
                pause: 0,
            };
        }
    }
}

impl<H: Host> Replica<H> {
    /// Looks for somebody to ask for everything.
    pub(super) fn tick_join(&mut self, now: i64) {
        if !self.join.on || now < self.join.next {
            return;
        }
        if let Some(node) = self.anybody() {
            self.join.on = false;
            self.want(
                node,
                Wish {
                    any: true,
                    all: true,
                    since: 0,
                    sessions: true,
                },
                now,
            );
            return;
        }
        let j = &mut self.join;
        j.pause = (2 * j.pause).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        j.next = now + j.pause;
        if now - j.began > END {
            j.on = false;
            self.host.log(Level::Info, "no other node has answered for 60 s: alone until one is heard");
        }
    }

    /// A node that has been there for a while.
    fn anybody(&mut self) -> Option<Node> {
        let mut reply = Vec::with_capacity(64);
        begin(&mut self.message, kind::WHO);
        self.host.request(&self.topics.sync, b"", &self.message, &mut reply, WHO_TIMEOUT).ok()?;
        let node = kind_of(&reply).filter(|(kind, _)| *kind == kind::WHO).and_then(|(_, node)| valid_node(node));
        if node.is_none() {
            self.count(Counter::Malformed);
        }
        node
    }

    /// Answers a WHO, if this instance has been there for a while.
    pub(super) fn who(&mut self, body: &[u8]) -> Option<()> {
        if !body.is_empty() {
            return None;
        }
        if self.born != 0 && self.host.now() - self.born >= WHO_AGE {
            begin(&mut self.message, kind::WHO);
            self.message.extend_from_slice(&self.node);
            self.host.reply(&self.message);
        }
        Some(())
    }
}
