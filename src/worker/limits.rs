//! The limits a worker puts on itself before it looks at any file.

use std::fs;

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};

/// Address space of a worker, bytes: ONNX Runtime's arenas and one decoded film of 100 megapixels
/// fit several times; a codec that runs away does not.
pub const ADDRESS_SPACE: u64 = 8 << 30;

/// Ends this process when its parent ends, caps its memory and turns core dumps off (they would
/// hold a patient's image).
pub fn apply(parent: Option<u32>) -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| format!("the worker cannot tie its life to the daemon's: {e}"))?;
    // The parent may have ended before the line above took effect.
    if let (Some(expected), Some(now)) = (parent, getppid())
        && Pid::from_raw(expected as i32) != Some(now)
    {
        return Err("the daemon that started this worker is gone".into());
    }
    let cap = |resource, bytes| {
        setrlimit(resource, Rlimit { current: Some(bytes), maximum: Some(bytes) })
            .map_err(|e| format!("the worker cannot limit its {resource:?}: {e}"))
    };
    cap(Resource::As, ADDRESS_SPACE)?;
    cap(Resource::Core, 0)?;
    die_first();
    Ok(())
}

/// Where the machine runs out of memory a worker ends, not the daemon: it costs one attempt.
fn die_first() {
    // 0 is a usual process, 1000 the first to go (proc_pid_oom_score_adj(5)). Raising it needs no right, and where
    // /proc cannot be written to, the worker works all the same.
    let _ = fs::write("/proc/self/oom_score_adj", "800");
}
