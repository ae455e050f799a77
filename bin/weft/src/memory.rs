//! How a node's memory is handed out.
//!
//! The system's allocator gives each thread an arena of its own. What one thread of a node
//! makes another one keeps or frees: transactions come by the checker, and the engine keeps
//! their accounts; so arenas are left full of holes, and a node that filled its state took
//! two and a half times what it takes after a restart. With one arena for all threads it
//! does not; what is small is handed out without a lock all the same.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What the allocator reads at the start of a process.
const ARENAS: &str = "MALLOC_ARENA_MAX";

/// Starts this process anew with one arena, unless its environment says how many; the number
/// of the process stays. Where that fails it goes on as it is.
pub fn with_one_arena() {
    if std::env::var_os(ARENAS).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut args = std::env::args_os();
    let name = args.next();
    let mut command = Command::new(program);
    command.arg0(name.as_deref().unwrap_or(OsStr::new("weft"))).args(args).env(ARENAS, "1");
    // It only comes back when it failed, and then there is nothing to do about it.
    drop(command.exec());
}
