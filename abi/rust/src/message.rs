//! Messages between the nodes of a farm, to and from the plugins that have
//! subscribed to their topic. A topic is 1 to 128 bytes of `A-Z a-z 0-9 _ - .`.
//!
//! They need the grant `messages`. [`publish`] and [`request`] work in every hook
//! and in `plugin_ready`; elsewhere they are [`Error::Unsupported`].

use core::time::Duration;

use crate::{buffer, clock, error, sys, Error};

/// Sends `data` to all *other* nodes. Messages with the same key arrive in order
/// and at the same instance, one with an empty key at every instance. What does
/// not arrive is `on_messages_lost` there.
///
/// Errors: [`Error::Unavailable`] (no farm), [`Error::Invalid`],
/// [`Error::TooLarge`], [`Error::Limit`].
#[inline]
pub fn publish(topic: &str, key: &[u8], data: &[u8]) -> Result<(), Error> {
    error::done(sys::message_publish(topic.as_bytes(), key, data))
}

/// Sends `data` to the node with that id (12 hexadecimal digits; empty is any
/// that answers), and waits for the reply, which it writes to `buf`.
///
/// `timeout` `None` is one second. The wait counts towards the hook's deadline,
/// which ends it too.
///
/// Errors: [`Error::Unavailable`] (no reply in time), [`Error::Invalid`],
/// [`Error::TooLarge`], [`Error::Limit`]; [`Error::BufferTooSmall`], and then the
/// reply is lost: another call is another request.
#[inline]
pub fn request<'b>(topic: &str, node: &[u8], data: &[u8], buf: &'b mut [u8], timeout: Option<Duration>) -> Result<&'b [u8], Error> {
    let ms = timeout_ms(timeout);
    buffer::fill(buf, |room| sys::message_request(topic.as_bytes(), node, data, room, ms))
}

/// [`request`], appended to a Vec. Returns how many bytes were. Give it the
/// capacity that a reply needs: a longer one is lost, and asked for again.
#[cfg(feature = "alloc")]
pub fn request_into(topic: &str, node: &[u8], data: &[u8], to: &mut alloc::vec::Vec<u8>, timeout: Option<Duration>) -> Result<usize, Error> {
    let ms = timeout_ms(timeout);
    buffer::append(to, |room| sys::message_request(topic.as_bytes(), node, data, room, ms))
}

#[inline]
fn timeout_ms(timeout: Option<Duration>) -> u32 {
    u32::try_from(clock::milliseconds(timeout)).unwrap_or(u32::MAX)
}

/// Answers the request that is being handled: the message has
/// [`Flags::REQUEST`](crate::Flags::REQUEST). It can be done once.
///
/// Errors: [`Error::Unsupported`] elsewhere and for a second time,
/// [`Error::TooLarge`], [`Error::Unavailable`].
#[inline]
pub fn reply(data: &[u8]) -> Result<(), Error> {
    error::done(sys::message_reply(data))
}

/// Has the topic's messages delivered to `on_message`. It works in
/// `plugin_start`, and nowhere else.
///
/// Errors: [`Error::Unavailable`] (no farm), [`Error::Invalid`],
/// [`Error::Limit`], [`Error::Unsupported`].
#[inline]
pub fn subscribe(topic: &str) -> Result<(), Error> {
    error::done(sys::message_subscribe(topic.as_bytes()))
}
