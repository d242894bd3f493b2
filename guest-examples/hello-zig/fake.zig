//! A host in memory, for tests: the functions that hello-zig calls, and what came of them.

const std = @import("std");

/// The session that there is; null is none.
pub var session: ?[]const u8 = null;
/// What a successor reads.
pub var state: u64 = 0;
/// What metric_add and metric_set return, where it is not OK.
pub var refusal: i32 = 0;

var metrics: [8]struct { name: []const u8, value: i64 } = undefined;
var metric_count: usize = 0;
var line: []const u8 = "";

/// Forgets everything.
pub fn reset() void {
    session = "the session";
    state = 0;
    refusal = 0;
    metric_count = 0;
    line = "";
}

/// The value of a metric, 0 where there is none.
pub fn metric(name: []const u8) i64 {
    return find(name).*;
}

/// The last line that was logged.
pub fn logged() []const u8 {
    return line;
}

fn find(name: []const u8) *i64 {
    for (metrics[0..metric_count]) |*m| {
        if (std.mem.eql(u8, m.name, name)) return &m.value;
    }
    metrics[metric_count] = .{ .name = name, .value = 0 };
    metric_count += 1;
    return &metrics[metric_count - 1].value;
}

pub fn session_get(_: [*]const u8, _: usize, buf: [*]u8, cap: usize) i32 {
    const found = session orelse return -1;
    if (found.len <= cap) @memcpy(buf, found);
    return @intCast(found.len);
}

pub fn metric_add(name: [*]const u8, len: usize, value: i64) i32 {
    if (refusal == 0) find(name[0..len]).* += value;
    return refusal;
}

pub fn metric_set(name: [*]const u8, len: usize, value: i64) i32 {
    if (refusal == 0) find(name[0..len]).* = value;
    return refusal;
}

pub fn state_read(_: u32, buf: [*]u8, cap: usize) i32 {
    const bytes = std.mem.asBytes(&state);
    @memcpy(buf, bytes[0..@min(cap, bytes.len)]);
    return bytes.len;
}

pub fn log(_: i32, text: [*]const u8, len: usize) void {
    line = text[0..len];
}
