use core::cell::RefCell;

/// A value of the plugin's instance, which [`instance!`](crate::instance!) makes.
///
/// An instance has one thread, so there is nothing to lock. In a native build,
/// where tests run in threads, each thread has its own value, as each instance
/// has.
pub struct Instance<T: 'static>(#[doc(hidden)] pub Place<RefCell<T>>);

impl<T> Instance<T> {
    /// Calls `f` with the value, and returns what it returns.
    ///
    /// # Panics
    ///
    /// Where `f` calls `with` of the same value again.
    #[inline]
    pub fn with<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.0.with(|cell| f(&mut cell.borrow_mut()))
    }
}

/// Declares values of the plugin's instance: what it keeps from one call to the
/// next. The initial value is a constant.
///
/// ```
/// sesshook_guest::instance! {
///     /// How many sessions were made.
///     static MADE: u64 = 0;
/// }
///
/// MADE.with(|n| *n += 1);
/// assert_eq!(MADE.with(|n| *n), 1);
/// ```
#[macro_export]
macro_rules! instance {
    ($($(#[$attribute:meta])* $visible:vis static $name:ident: $type:ty = $value:expr;)+) => {
        $($(#[$attribute])* $visible static $name: $crate::Instance<$type> =
            $crate::Instance($crate::__place!(::core::cell::RefCell<$type>, ::core::cell::RefCell::new($value)));)+
    };
}

/// [`instance!`] without the RefCell, for this crate.
macro_rules! global {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
        $(#[$attribute])*
        static $name: $crate::instance::Place<$type> = $crate::__place!($type, $value);
    };
}
pub(crate) use global;

#[cfg(target_arch = "wasm32")]
mod place {
    /// A place in memory that is the instance's.
    #[doc(hidden)]
    pub struct Place<T: 'static>(T);

    // SAFETY: an instance has one thread.
    unsafe impl<T> Sync for Place<T> {}

    impl<T> Place<T> {
        pub const fn new(value: T) -> Self {
            Place(value)
        }

        #[inline]
        pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
            f(&self.0)
        }
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __place {
        ($type:ty, $value:expr) => {
            $crate::Place::new($value)
        };
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod place {
    use std::thread::LocalKey;

    /// A place in memory that is the thread's.
    #[doc(hidden)]
    pub struct Place<T: 'static>(LocalKey<T>);

    impl<T> Place<T> {
        pub const fn new(key: LocalKey<T>) -> Self {
            Place(key)
        }

        #[inline]
        pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
            self.0.with(f)
        }
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __place {
        ($type:ty, $value:expr) => {{
            $crate::__std::thread_local! { static PLACE: $type = const { $value }; }
            $crate::Place::new(PLACE)
        }};
    }
}

#[doc(hidden)]
pub use place::Place;
