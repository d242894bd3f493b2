/// The severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum Level {
    /// What only who looks for something wants to read.
    Debug = -4,
    /// What an operator may want to read.
    Info = 0,
    /// What an operator should look at.
    Warn = 4,
    /// What went wrong.
    Error = 8,
}
