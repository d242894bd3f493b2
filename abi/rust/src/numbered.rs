//! Macros for the numbers of the ABI that have names.

/// Makes an enum of the numbers that have names in the ABI, and one variant for
/// those of later hosts.
macro_rules! numbered {
    (
        $(#[$doc:meta])*
        pub enum $type:ident: $number:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal $name:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$vdoc])* $variant,)*
            /// A number that this SDK has no name for, of a later host.
            Unknown($number),
        }

        impl $type {
            /// The name that the ABI has for it; `UNKNOWN` where it has none.
            pub const fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                    $type::Unknown(_) => "UNKNOWN",
                }
            }
        }

        impl From<$number> for $type {
            #[inline]
            fn from(number: $number) -> Self {
                match number {
                    $($value => $type::$variant,)*
                    _ => $type::Unknown(number),
                }
            }
        }

        impl From<$type> for $number {
            #[inline]
            fn from(named: $type) -> Self {
                match named {
                    $($type::$variant => $value,)*
                    $type::Unknown(number) => number,
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

/// Makes a set of bits.
macro_rules! bits {
    (
        $(#[$doc:meta])*
        pub struct $type:ident: $number:ident { $($(#[$vdoc:meta])* $bit:ident = $value:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $type($number);

        impl $type {
            $($(#[$vdoc])* pub const $bit: $type = $type($value);)*
            /// None of them.
            pub const NONE: $type = $type(0);

            /// The set with these bits, also with those that have no name.
            #[inline]
            pub const fn from_bits(bits: $number) -> Self {
                $type(bits)
            }

            /// The bits as a number.
            #[inline]
            pub const fn bits(self) -> $number {
                self.0
            }

            /// Whether all of `other` are set.
            #[inline]
            pub const fn contains(self, other: $type) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl core::ops::BitOr for $type {
            type Output = $type;
            #[inline]
            fn bitor(self, other: $type) -> $type {
                $type(self.0 | other.0)
            }
        }
    };
}
