//! What the linker is told of the plugin's memory, and of names.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("wasm32") {
        return;
    }
    for argument in [
        "-zstack-size=65536",     // instead of 1 MiB
        "--max-memory=134217728", // 128 MiB, as the sidecar has it
        "--demangle",             // names in the stack of a trap
    ] {
        println!("cargo::rustc-link-arg-cdylib={argument}");
    }
}
