/// Declares which exports the plugin has, and what each of them calls. A hook
/// that is not exported costs nothing.
///
/// ```
/// use sesshook_guest::{export, metric, Error, Event, Verdict};
///
/// export! {
///     on_session_insert => inserted,
///     on_session_resume => judge,
///     on_tick => |_now| metric::set("alive", 1),
/// }
///
/// fn inserted(event: &Event) -> Result<(), Error> {
///     metric::add("inserted", 1)
/// }
///
/// fn judge(event: &Event) -> Verdict {
///     if event.server_name() == b"old.example" { Verdict::Refuse } else { Verdict::Allow }
/// }
/// # fn main() {}
/// ```
///
/// | export | its handler takes | and returns |
/// | --- | --- | --- |
/// | `on_session_insert`, `on_session_remove`, `on_session_get`, `on_session_miss`, `on_message`, `on_messages_lost` | `&Event` | [`Outcome`](crate::Outcome) |
/// | `on_session_resume` | `&Event` | [`Judgement`](crate::Judgement): a [`Verdict`](crate::Verdict), or a `Result` with one |
/// | `on_tick` | `i64`: the time, in ns since the Unix epoch | `Outcome` |
/// | `on_events_lost` | `u64`: how many | `Outcome` |
/// | `plugin_start`, where an error makes the host refuse the module | nothing | `Outcome` |
/// | `plugin_ready` | nothing | `Outcome` |
/// | `plugin_save` | nothing | the state: `&'static [u8]`, `Vec<u8>` (feature `alloc`), or `*const [u8]`, which has to be valid until the next call into the plugin |
/// | `plugin_restore`, where an error makes the host refuse the new module | `usize`: the state's length; see [`state`](crate::state) | `Outcome` |
/// | `plugin_stop` | nothing | nothing |
/// | `_initialize`, called before `plugin_start`; few need it | nothing | nothing |
///
/// An [`Outcome`](crate::Outcome) is nothing, or a `Result` whose error is a
/// [`Failure`](crate::Failure): [`Error`](crate::Error), `&'static str`, or a type of the
/// plugin's own. `abi/SPEC.md`, "Guest exports", says when each is called.
///
/// # The event buffer
///
/// `event_buffer` is exported without being named, with 4096 bytes: enough for
/// every event of a session. A plugin that takes long messages names a size, or
/// uses the feature `alloc`, with which longer records are read into a `Vec` (at
/// the cost of another call of the host):
///
/// ```
/// # use sesshook_guest::{export, Event};
/// export! {
///     event_buffer: 320 * 1024,
///     on_message => |event: &Event| { /* … */ },
/// }
/// # fn main() {}
/// ```
///
/// `event_buffer => f` instead has `f`, a `fn() -> *mut [u8]`, say where the
/// buffer is.
///
/// # Safety of `event_buffer => f`
///
/// Nobody but the SDK may use that memory for the life of the instance.
#[macro_export]
macro_rules! export {
    (event_buffer: $size:expr, $($name:ident => $handler:expr),+ $(,)?) => {
        $crate::export! {
            event_buffer => {
                static BUFFER: $crate::hook::Buffer<{ $size }> = $crate::hook::Buffer::new();
                || BUFFER.range()
            },
            $($name => $handler),+
        }
    };
    (event_buffer => $buffer:expr, $($name:ident => $handler:expr),+ $(,)?) => {
        /// Where the host writes the records of events.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn event_buffer() -> i64 {
            $crate::hook::event_buffer(($buffer)())
        }
        $($crate::__export!($name, $handler);)+
    };
    ($($name:ident => $handler:expr),+ $(,)?) => {
        $crate::export! { event_buffer: $crate::EVENT_BUFFER, $($name => $handler),+ }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (on_session_insert, $handler:expr) => {
        $crate::__event!(on_session_insert, event, $handler, "stored");
    };
    (on_session_remove, $handler:expr) => {
        $crate::__event!(on_session_remove, event, $handler, "removed");
    };
    (on_session_get, $handler:expr) => {
        $crate::__event!(on_session_get, event, $handler, "fetched");
    };
    (on_session_miss, $handler:expr) => {
        $crate::__event!(on_session_miss, event, $handler, "looked for and not found");
    };
    (on_session_resume, $handler:expr) => {
        $crate::__event!(on_session_resume, resume, $handler, "about to be resumed");
    };
    (on_message, $handler:expr) => {
        $crate::__event!(on_message, event, $handler, "sent by another node");
    };
    (on_messages_lost, $handler:expr) => {
        $crate::__event!(on_messages_lost, event, $handler, "sent by another node and lost");
    };
    (on_tick, $handler:expr) => {
        /// What the host calls every tick of the sidecar.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn on_tick(now: i64) -> i32 {
            $crate::hook::tick(now, $handler)
        }
    };
    (on_events_lost, $handler:expr) => {
        /// What the host calls when there was no room for events.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn on_events_lost(count: i64) -> i32 {
            $crate::hook::events_lost(count, $handler)
        }
    };
    (plugin_start, $handler:expr) => {
        /// What the host calls once, before any hook.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn plugin_start() -> i32 {
            $crate::hook::run($handler, "start")
        }
    };
    (plugin_ready, $handler:expr) => {
        /// What the host calls once, when the module has gone live.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn plugin_ready() -> i32 {
            $crate::hook::run($handler, "ready")
        }
    };
    (plugin_save, $handler:expr) => {
        /// What the host calls before another module takes this one's place.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn plugin_save() -> i64 {
            $crate::hook::save($handler)
        }
    };
    (plugin_restore, $handler:expr) => {
        /// What the host calls where the predecessor has saved a state.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn plugin_restore(len: u32) -> i32 {
            $crate::hook::restore(len, $handler)
        }
    };
    (plugin_stop, $handler:expr) => {
        /// What the host calls at the end.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn plugin_stop() {
            ($handler)()
        }
    };
    (_initialize, $handler:expr) => {
        /// What the host calls before everything else.
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn _initialize() {
            ($handler)()
        }
    };
    ($other:ident, $handler:expr) => {
        ::core::compile_error!(::core::concat!(
            "the ABI has no export ",
            ::core::stringify!($other),
            "; there are: on_session_insert, on_session_remove, \
            on_session_get, on_session_miss, on_session_resume, on_message, on_messages_lost, on_tick, on_events_lost, \
            plugin_start, plugin_ready, plugin_save, plugin_restore, plugin_stop, _initialize, and as the first one event_buffer"
        ));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __event {
    ($name:ident, $hook:ident, $handler:expr, $what:literal) => {
        #[doc = concat!("What the host calls for what was ", $what, ".")]
        #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
        pub extern "C" fn $name(len: u32) -> i32 {
            $crate::hook::$hook(len, $handler)
        }
    };
}
