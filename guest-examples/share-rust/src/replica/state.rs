use alloc::vec::Vec;

use super::peer::{Peer, Wish, MAX_PEERS};
use super::transfer::Phase;
use super::{Host, Replica};

/// The first byte of a saved state.
const VERSION: u8 = 1;

// A saved state is the version, born i64, joining u8, the debt (any u8, since
// i64), latest i64, and the peers that are still to give something: node, all u8,
// since i64. It is the one of the Go plugin, so that one can take the other's
// place. What this instance was sending is not in it: the successor has perhaps
// other instances and so other ids, and whoever has asked asks again.
const HEAD: usize = 27;
const PEER: usize = 12 + 9;

impl<H: Host> Replica<H> {
    /// For `plugin_save`: appends what a successor has to know.
    pub fn save(&self, to: &mut Vec<u8>) {
        let mut debt = self.owed;
        for t in &self.transfers {
            if t.to.is_none() && t.phase != Phase::Finished {
                debt.add(t.ask.since, true);
            }
        }
        to.push(VERSION);
        to.extend_from_slice(&self.born.to_le_bytes());
        to.extend_from_slice(&[self.join.on.into(), debt.any.into()]);
        to.extend_from_slice(&debt.since.to_le_bytes());
        to.extend_from_slice(&self.latest.to_le_bytes());
        for p in &self.peers {
            let mut wish = p.wanted;
            wish.add(p.asked);
            if wish.any {
                to.extend_from_slice(&p.node);
                to.push(wish.all.into());
                to.extend_from_slice(&wish.since.to_le_bytes());
            }
        }
    }

    /// For `plugin_restore`. A state that it can't read is none: the instance then
    /// begins like one after a fault.
    pub fn restore(&mut self, state: &[u8]) {
        if state.len() < HEAD || state[0] != VERSION || (state.len() - HEAD) % PEER != 0 {
            return;
        }
        self.inherited = true;
        self.born = i64_at(state, 1);
        if state[9] != 0 {
            self.join.begin(0);
            self.join.began = self.host.now();
        }
        if state[10] != 0 {
            self.owed.add(i64_at(state, 11), true);
        }
        self.latest = i64_at(state, 19);
        for peer in state[HEAD..].chunks_exact(PEER) {
            if self.peers.len() == MAX_PEERS {
                break;
            }
            let mut node = [0; 12];
            node.copy_from_slice(&peer[..12]);
            let mut p = Peer::new(node);
            p.wanted = Wish {
                any: true,
                all: peer[12] != 0,
                since: i64_at(peer, 13),
                sessions: true,
            };
            self.peers.push(p);
        }
    }
}

fn i64_at(b: &[u8], at: usize) -> i64 {
    let mut number = [0; 8];
    number.copy_from_slice(&b[at..at + 8]);
    i64::from_le_bytes(number)
}
