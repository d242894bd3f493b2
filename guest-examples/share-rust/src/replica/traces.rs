//! The protocol of the Go plugin, step by step: each trace is of its package
//! replica (`farm_test.go` beside this crate makes them and says what is in them),
//! and the one here has to ask the host for the same things in the same order.
//!
//! Those in `testdata` are a few. `SHARE_TRACES=FOLDER cargo test traces` follows
//! those of another folder, which `go test -tags languages ./abi/rust` fills with
//! many.

extern crate std;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::{eprintln, fs, println};

use sesshook_guest::{Error, Flags, Level, Origin, Reason};

use super::{Config, Host, Mode, Node, Replica};

/// What the host of an instance does: what the trace says.
#[derive(Default)]
struct Script {
    now: i64,
    node: Node,
    /// The calls that must come, each with what it returns.
    calls: VecDeque<String>,
    wrong: Vec<String>,
}

impl Script {
    /// Takes the next call of the trace, which must be this one, and returns what
    /// stands behind it. The clock goes on as it did.
    fn call(&mut self, call: String) -> (i64, Vec<u8>) {
        let want = self.calls.pop_front().unwrap_or_default();
        let (line, result) = want.split_once(" = ").unwrap_or((&want, "0"));
        if line != call {
            self.wrong.push(format!("called {call}\nwant   {want}"));
        }
        let mut words = result.split(' ');
        let code = words.next().unwrap().parse().unwrap();
        let bytes = bytes_of(words.next().unwrap_or("-"));
        self.now += words.next().map_or(0, |took| took.parse().unwrap());
        (code, bytes)
    }

    fn result(&mut self, call: String) -> Result<Vec<u8>, Error> {
        match self.call(call) {
            (0.., bytes) => Ok(bytes),
            (code, _) => Err(error(code as i32)),
        }
    }
}

fn error(code: i32) -> Error {
    let known = [
        Error::NotFound,
        Error::Exists,
        Error::Removed,
        Error::TooLarge,
        Error::Invalid,
        Error::Denied,
        Error::Unavailable,
        Error::Unsupported,
        Error::Limit,
    ];
    known.into_iter().find(|e| e.code() == Some(code)).unwrap_or(Error::Unknown(code))
}

fn bytes_of(digits: &str) -> Vec<u8> {
    if digits == "-" {
        return vec![];
    }
    assert!(digits.len() % 2 == 0, "{digits}");
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

fn digits_of(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

struct Follower(Rc<RefCell<Script>>);

impl Follower {
    fn result(&mut self, name: &str, arguments: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let mut call = String::from(name);
        for argument in arguments {
            call.push(' ');
            call.push_str(&digits_of(argument));
        }
        self.0.borrow_mut().result(call)
    }

    fn tell(&mut self, line: String) {
        self.0.borrow_mut().call(line);
    }
}

impl Host for Follower {
    fn get(&mut self, id: &[u8], to: &mut Vec<u8>) -> Result<(), Error> {
        to.extend(self.result("get", &[id])?);
        Ok(())
    }

    fn insert(&mut self, id: &[u8], sealed: &[u8]) -> Result<(), Error> {
        self.result("insert", &[id, sealed]).map(drop)
    }

    fn remove(&mut self, id: &[u8]) -> Result<(), Error> {
        self.result("remove", &[id]).map(drop)
    }

    fn replay(&mut self) -> Result<(), Error> {
        self.result("replay", &[]).map(drop)
    }

    fn publish(&mut self, topic: &str, key: &[u8], data: &[u8]) -> Result<(), Error> {
        self.result("publish", &[topic.as_bytes(), key, data]).map(drop)
    }

    fn request(&mut self, topic: &str, node: &[u8], data: &[u8], to: &mut Vec<u8>, timeout_ms: u32) -> Result<(), Error> {
        let call = format!("request {} {} {} {timeout_ms}", digits_of(topic.as_bytes()), digits_of(node), digits_of(data));
        to.extend(self.0.borrow_mut().result(call)?);
        Ok(())
    }

    fn reply(&mut self, data: &[u8]) {
        let _ = self.result("reply", &[data]);
    }

    fn add(&mut self, metric: &str, n: i64) {
        self.tell(format!("add {metric} {n}"));
    }

    fn set(&mut self, metric: &str, n: i64) {
        self.tell(format!("set {metric} {n}"));
    }

    fn log(&mut self, level: Level, text: &str) {
        self.tell(format!("log {} {text}", level as i32));
    }

    fn now(&mut self) -> i64 {
        self.0.borrow().now
    }

    fn node(&mut self) -> Node {
        self.0.borrow().node
    }
}

/// A call of the trace: the words behind ">".
struct Call<'a>(Vec<&'a str>);

impl Call<'_> {
    fn number<T: std::str::FromStr>(&self, n: usize) -> T {
        self.0[n].parse().unwrap_or_else(|_| panic!("{} is no such number", self.0[n]))
    }

    fn bytes(&self, n: usize) -> Vec<u8> {
        bytes_of(self.0[n])
    }

    fn config(&self) -> Config {
        Config {
            mode: [Mode::Push, Mode::Pull, Mode::Both][self.number::<usize>(3) - 1],
            topic: self.0[4].into(),
            pull_timeout: self.number(5),
            any_timeout: self.number(6),
            any: self.number(7),
            batch: self.number(8),
            resync_pause: self.number(9),
            beat: self.number(10),
            nonce: self.number(11),
        }
    }

    /// Calls the replica; what `save` gives is a call of the host's.
    fn make(&self, r: &mut Replica<Follower>, script: &RefCell<Script>) {
        match self.0[2] {
            "ready" => r.ready(),
            "tick" => r.tick(self.number(1)),
            "tell" => r.tell(),
            "inserted" => r.inserted(
                &self.bytes(3),
                &self.bytes(4),
                Origin::from(self.number::<u8>(5)),
                Flags::from_bits(self.number(6)),
                self.number(7),
            ),
            "removed" => r.removed(
                &self.bytes(3),
                Reason::from(self.number::<u8>(4)),
                Flags::from_bits(self.number(5)),
                self.number(6),
            ),
            "missed" => r.missed(&self.bytes(3), &self.bytes(4)),
            "message" => r.message(&self.bytes(3), &self.bytes(5), &self.bytes(6), self.number(7)),
            "lost" => r.messages_lost(&self.bytes(3), &self.bytes(4), self.number(5), self.number(6)),
            "eventslost" => r.events_lost(self.number(3)),
            "restore" => r.restore(&self.bytes(3)),
            "save" => {
                let mut state = vec![];
                r.save(&mut state);
                script.borrow_mut().call(format!("saved {}", digits_of(&state)));
            }
            other => panic!("the trace has a call {other}"),
        }
    }
}

/// The instances of a trace.
#[derive(Default)]
struct Farm(BTreeMap<u8, (Replica<Follower>, Rc<RefCell<Script>>)>);

impl Farm {
    /// Makes a call of the trace, and returns how many calls of the host there were.
    fn call(&mut self, line: &str, calls: VecDeque<String>) -> Result<usize, String> {
        let call = Call(line.split(' ').collect());
        let (instance, now) = (call.number(0), call.number(1));
        let n = calls.len();
        if call.0[2] == "defaults" {
            let (want, got) = (format!("{:?}", call.config()), format!("{:?}", Config::default()));
            return if want == got {
                Ok(n)
            } else {
                Err(format!("the defaults are {got}, those of the Go plugin {want}"))
            };
        }
        if call.0[2] == "new" {
            let node = call.0[12].as_bytes().try_into().unwrap();
            let script = Rc::new(RefCell::new(Script {
                now,
                node,
                ..Script::default()
            }));
            let replica = Replica::new(Follower(script.clone()), call.config());
            self.0.insert(instance, (replica, script));
            return Ok(n);
        }
        let (replica, script) = self.0.get_mut(&instance).unwrap();
        (script.borrow_mut().now, script.borrow_mut().calls) = (now, calls);
        call.make(replica, script);
        let mut script = script.borrow_mut();
        if let Some(missing) = script.calls.pop_front() {
            script.wrong.push(format!("not called: {missing}"));
        }
        match script.wrong.first() {
            Some(wrong) => Err(format!("> {line}\n{wrong}")),
            None => Ok(n),
        }
    }
}

/// Follows a trace to its end, and returns how many calls of the host it had.
fn follow(trace: &str) -> Result<usize, String> {
    let mut farm = Farm::default();
    let mut lines = trace.lines().peekable();
    let mut total = 0;
    while let Some(line) = lines.next() {
        let mut calls = VecDeque::new();
        while let Some(call) = lines.peek().and_then(|l| l.strip_prefix("< ")) {
            calls.push_back(call.to_string());
            lines.next();
        }
        total += farm.call(line.strip_prefix("> ").unwrap(), calls)?;
    }
    Ok(total)
}

fn follow_all(folder: &Path) {
    let (mut traces, mut calls, mut failed) = (0, 0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "trace") {
            continue;
        }
        traces += 1;
        match follow(&fs::read_to_string(&path).unwrap()) {
            Ok(n) => calls += n,
            Err(wrong) => {
                failed += 1;
                eprintln!("{}: {wrong}", path.display());
            }
        }
    }
    println!("{traces} traces with {calls} calls");
    assert!(traces > 0, "no traces in {}", folder.display());
    assert_eq!(failed, 0, "of {traces} traces");
}

#[test]
fn it_does_what_the_go_plugin_does() {
    follow_all(Path::new("testdata"));
    if let Some(folder) = std::env::var_os("SHARE_TRACES") {
        follow_all(Path::new(&folder));
    }
}
