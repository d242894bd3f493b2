//! hello-zig counts sessions: hello in Zig, with the same metrics and the same state. See
//! README.md.

const builtin = @import("builtin");

/// Host functions. The host reads from those that are called which grants the plugin needs. In a
/// test they are those of a host in memory.
const host = if (builtin.is_test) @import("fake.zig") else struct {
    extern "tls_session_v1" fn session_get(id: [*]const u8, id_len: u32, buf: [*]u8, cap: u32) i32;
    extern "tls_session_v1" fn metric_add(name: [*]const u8, name_len: u32, value: i64) i32;
    extern "tls_session_v1" fn metric_set(name: [*]const u8, name_len: u32, value: i64) i32;
    extern "tls_session_v1" fn state_read(offset: u32, buf: [*]u8, cap: u32) i32;
    extern "tls_session_v1" fn log(level: i32, text: [*]const u8, text_len: u32) void;
};

const debug = -4;
const info = 0;

/// The event record's header: abi/SPEC.md, "The event record".
const Header = extern struct {
    header_size: u16,
    kind: u8,
    origin: u8,
    reason: u8,
    flags: u8,
    id_len: u16,
    seq: u64,
    time: i64,
    created: i64,
    expires: i64,
    session_len: u32,
    tls_version: u16,
    cipher_suite: u16,
    server_name_len: u16,
    alpn_len: u16,
    node_len: u16,
    topic_len: u16,
    key_len: u16,
    format: u16,
    data_len: u32,

    const truncated = 16;

    comptime {
        if (@sizeOf(Header) != 64) @compileError("the header is not as the ABI has it");
    }
};

/// The events seen, by this module and its predecessors.
var count: u64 = 0;

/// Where the host puts records: 1024 bytes hold any but a message's.
var event: [1024]u8 align(8) = undefined;

/// Room for any session: 64 KiB, and what sealing adds.
var session: [66560]u8 = undefined;

fn header() *const Header {
    return @ptrCast(&event);
}

/// The id follows the header, whose size the record says: a later host's may be larger.
fn id() []const u8 {
    return event[header().header_size..][0..header().id_len];
}

/// An address and a length in one number.
fn pair(bytes: []u8) u64 {
    return @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

/// Counts one event, and adds 1 to the metric of that name. 0 is OK, and so is what a hook
/// returns then.
fn seen(metric: []const u8) i32 {
    count += 1;
    return host.metric_add(metric.ptr, metric.len, 1);
}

fn say(level: i32, text: []const u8) void {
    host.log(level, text.ptr, text.len);
}

export fn event_buffer() u64 {
    return pair(&event);
}

/// Once, before the first event. What is not 0 refuses the module.
export fn plugin_start() i32 {
    say(info, "hello-zig: counting sessions");
    return 0;
}

/// A session was stored: count it, read it, and log its server name.
export fn on_session_insert(_: u32) i32 {
    const got = host.session_get(id().ptr, id().len, &session, session.len);
    if (got > 0) _ = host.metric_add("session_bytes", "session_bytes".len, got); // less is a code: it may be gone already
    if (header().flags & Header.truncated == 0) say(debug, event[header().header_size + id().len ..][0..header().server_name_len]);
    return seen("insert");
}

/// A session left the cache; the header's reason says why.
export fn on_session_remove(_: u32) i32 {
    return seen("remove");
}

/// A session was fetched for a client.
export fn on_session_get(_: u32) i32 {
    return seen("get");
}

/// Every tick of the sidecar.
export fn on_tick(_: i64) i32 {
    return host.metric_set("total", "total".len, @intCast(count));
}

/// Before the module is replaced: the state.
export fn plugin_save() u64 {
    return pair(@ptrCast(&count));
}

/// In its successor: take the state, if it has the right size.
export fn plugin_restore(len: u32) i32 {
    if (len == @sizeOf(u64)) _ = host.state_read(0, @ptrCast(&count), @sizeOf(u64));
    return 0;
}

const testing = @import("std").testing;

/// Writes the record of an event to the event buffer, as a host does, and returns its length.
fn record(header_of_it: Header, parts: []const []const u8) u32 {
    @memcpy(event[0..@sizeOf(Header)], @as(*const [@sizeOf(Header)]u8, @ptrCast(&header_of_it)));
    var at: u32 = @sizeOf(Header);
    for (parts) |part| {
        @memcpy(event[at..][0..part.len], part);
        at += @intCast(part.len);
    }
    return at;
}

fn inserted(flags: u8) u32 {
    var h = @import("std").mem.zeroes(Header);
    h.header_size = @sizeOf(Header);
    h.kind = 1;
    h.flags = flags;
    h.id_len = 2;
    h.server_name_len = 11;
    return record(h, &.{ "id", "example.org" });
}

test "a session is counted, read, and its name logged" {
    host.reset();
    try testing.expectEqual(0, on_session_insert(inserted(0)));
    try testing.expectEqual(1, host.metric("insert"));
    try testing.expectEqual(11, host.metric("session_bytes"));
    try testing.expectEqualStrings("example.org", host.logged());
}

test "a session that is gone already is counted" {
    host.reset();
    host.session = null;
    try testing.expectEqual(0, on_session_insert(inserted(0)));
    try testing.expectEqual(1, host.metric("insert"));
    try testing.expectEqual(0, host.metric("session_bytes"));
}

test "the name in a record that was cut off is not read" {
    host.reset();
    _ = on_session_insert(inserted(Header.truncated));
    try testing.expectEqualStrings("", host.logged());
}

test "an error of the host is the hook's" {
    host.reset();
    host.refusal = -9;
    try testing.expectEqual(-9, on_session_get(inserted(0)));
}

test "the count is published, and outlives a reload" {
    host.reset();
    count = 0;
    _ = on_session_remove(inserted(0));
    _ = on_session_get(inserted(0));
    try testing.expectEqual(0, on_tick(0));
    try testing.expectEqual(2, host.metric("total"));
    host.state = 40;
    try testing.expectEqual(0, plugin_restore(8));
    _ = on_tick(0);
    try testing.expectEqual(40, host.metric("total"));
    try testing.expectEqual(0, plugin_restore(7));
    _ = on_tick(0);
    try testing.expectEqual(40, host.metric("total"));
}
