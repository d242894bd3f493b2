// A host function as it is: for what the SDK's types can't say.

// @ts-ignore: decorator
@external("tls_session_v1", "node_id")
export declare function node_id(buf: usize, cap: u32): i32;
