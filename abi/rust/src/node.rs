use crate::{error, sys};

/// Bytes of a node id.
pub const NODE_ID_SIZE: usize = 12;

/// This node's id: 12 hexadecimal digits, as they stand in events and are given
/// to [`message::request`](crate::message::request). It does not change while the
/// host runs.
#[inline]
pub fn node_id() -> [u8; NODE_ID_SIZE] {
    let mut id = [0; NODE_ID_SIZE];
    // The ABI says that it is always 12, in every phase.
    let _ = error::length(sys::node_id(sys::room(&mut id)));
    id
}
