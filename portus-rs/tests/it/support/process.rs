//! A server as a child of the test process: logged to a file, signalled by its own
//! process id, gone when its owner is dropped or the test process dies.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::wait;

/// Signals that tests send.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Terminate,
    Interrupt,
    Hangup,
    Quit,
    Kill,
    Stop,
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Hangup => "HUP",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

/// A running child process.
pub struct Server {
    name: String,
    child: Child,
    log: PathBuf,
    stop_signal: Signal,
}

impl Server {
    /// Starts `command`, made by [`guarded`], with both outputs appended to `log`.
    ///
    /// `stop_signal` is what makes this server go quickly with its own children.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start(name: &str, mut command: Command, log: &Path, stop_signal: Signal) -> Self {
        let (out, err) = (append(log), append(log));
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = spawn(command).unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
            stop_signal,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything the server has said so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends a signal to the server's own process.
    pub fn signal(&self, signal: Signal) {
        let pid = self.pid().to_string();
        let done = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal.name(), &pid])
            .status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "cannot send {signal:?} to {} ({pid})",
            self.name
        );
    }

    /// Stops it until [`Signal::Continue`]; when this returns, no thread runs any more.
    pub fn pause(&self) {
        self.signal(Signal::Stop);
        let what = format!("{} stands still", self.name);
        wait::wait_for(&what, Duration::from_secs(10), || {
            let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid()));
            threads.is_ok_and(|mut threads| {
                threads.all(|thread| thread.is_ok_and(|thread| stands_still(&thread.path())))
            })
        });
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("ask after our own child")
    }

    /// Waits until the server answers, as `ready` finds out.
    ///
    /// # Panics
    /// When it ends before, or `limit` passes; the message carries its log.
    pub fn until_ready(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) {
        let end = Instant::now() + limit;
        while !ready() {
            if let Some(status) = self.ended() {
                panic!("{} ended at start: {status}\n{}", self.name, self.log());
            }
            assert!(
                Instant::now() < end,
                "{} is not ready after {limit:?}\n{}",
                self.name,
                self.log()
            );
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// Waits for the end that somebody else has asked for.
    pub fn until_ended(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        wait::wait_for_value(&what, limit, || self.ended())
    }

    /// Sends SIGKILL and waits.
    pub fn kill(&mut self) -> ExitStatus {
        // Already gone is as good.
        let _ = self.child.kill();
        self.child.wait().expect("wait for our own child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        if !matches!(self.stop_signal, Signal::Kill) {
            // It has to be awake to see the signal.
            self.signal(Signal::Continue);
            self.signal(self.stop_signal);
            let end = Instant::now() + Duration::from_secs(10);
            while Instant::now() < end {
                if self.ended().is_some() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(15));
            }
        }
        self.kill();
    }
}

/// Where a program is, in `PATH` or the directories that only root has there.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    places
        .into_iter()
        .map(|place| place.join(name))
        .find(|program| program.is_file())
}

/// [`find_program`] for one that `make test` installs.
///
/// # Panics
/// When it is missing: a test must not pass because its server is not there.
pub fn need_program(name: &str) -> PathBuf {
    find_program(name).unwrap_or_else(|| {
        panic!("'{name}' is not installed; `make install` brings the servers of the tests")
    })
}

/// Whether the tests run as root, who must hand PostgreSQL to another user.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// A command that the kernel signals when its parent dies.
pub fn guarded(program: &Path, signal: Signal) -> Command {
    let mut command = Command::new(need_program("setpriv"));
    command.args(["--pdeathsig", signal.name()]).arg(program);
    command
}

/// [`guarded`], under another host name: what processes know each other's machine by.
pub fn guarded_on_machine(name: &str, program: &Path, signal: Signal) -> Command {
    let mut command = guarded(&need_program("unshare"), signal);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--uts", "sh", "-c", "hostname \"$0\" && exec \"$@\"", name])
        .arg(program);
    command
}

/// [`guarded`], as an unprivileged user whom PostgreSQL accepts.
pub fn guarded_as(user: &str, program: &Path, signal: Signal) -> Command {
    let mut command = Command::new(need_program("setpriv"));
    command
        .args(["--reuid", user, "--regid", user, "--init-groups"])
        .args(["--pdeathsig", signal.name()])
        .arg(program);
    command
}

/// Starts a child from a thread that lives as long as the process.
///
/// The kernel's "parent" in a parent death signal is the thread, and a test's thread
/// ends with its test, which would take a shared server down with it.
fn spawn(command: Command) -> std::io::Result<Child> {
    type Order = (Command, Sender<std::io::Result<Child>>);
    static NURSERY: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        std::thread::Builder::new()
            .name("nursery".to_owned())
            .spawn(move || {
                for (mut command, answer) in inbox {
                    // A test that no longer listens has given up on this child.
                    if let Err(unheard) = answer.send(command.spawn())
                        && let Ok(mut child) = unheard.0
                    {
                        let _ = child.kill();
                        let _ = child.wait();
                    }
                }
            })
            .expect("start a thread");
        Mutex::new(orders)
    });
    let (answer, child) = channel();
    nursery
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, answer))
        .expect("the nursery lives as long as the process");
    child.recv().expect("the nursery answers each order")
}

/// Whether the kernel shows a thread as stopped; its state follows its name.
fn stands_still(thread: &Path) -> bool {
    std::fs::read_to_string(thread.join("stat")).is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" T"))
    })
}

fn append(log: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", log.display()))
}
