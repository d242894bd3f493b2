use alloc::string::String;

use super::Node;

/// The topics beside that of the changes.
pub(super) struct Topics {
    /// WHO.
    pub sync: String,
    /// FETCH.
    pub pull: String,
    /// What is for this node alone.
    pub own: String,
    /// What is for another one: the last that was made.
    other: String,
    node: Node,
    /// Bytes of it without the node.
    prefix: usize,
}

impl Topics {
    pub fn new(topic: &str, node: &Node) -> Self {
        let of = |name: &str| [topic, ".", name].concat();
        Topics {
            sync: of("sync"),
            pull: of("pull"),
            own: of(text(node)),
            other: of(""),
            node: Node::default(),
            prefix: topic.len() + 1,
        }
    }

    /// The topic of a node.
    pub fn of(&mut self, node: Node) -> &str {
        if self.node != node {
            self.node = node;
            self.other.truncate(self.prefix);
            self.other.push_str(text(&node));
        }
        &self.other
    }
}

/// An id that is no text belongs to no node that the farm knows: nobody hears.
fn text(node: &Node) -> &str {
    core::str::from_utf8(node).unwrap_or("?")
}
