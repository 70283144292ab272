//! Put before a program by `LD_PRELOAD`: a clock that is set, and a home folder that can no longer be written.
//!
//! Compiled by the tests, alone. `SHIM` is a folder: while a file `readonly` is in it, writing below `SHIM_HOME` fails as on a
//! read-only file system; a file `clock` there holds the seconds by which the wall clock is wrong.
//! Only system calls are made here: what the standard library would call for them is what is replaced.

#![allow(clippy::missing_safety_doc, reason = "these are the C library's own functions")]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_void};
use std::sync::LazyLock;

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn __errno_location() -> *mut c_int;
}

#[cfg(target_arch = "x86_64")]
mod number {
    pub const WRITE: i64 = 1;
    pub const PWRITE: i64 = 18;
    pub const FTRUNCATE: i64 = 77;
    pub const READ: i64 = 0;
    pub const CLOSE: i64 = 3;
    pub const OPENAT: i64 = 257;
    pub const MKDIRAT: i64 = 258;
    pub const UNLINKAT: i64 = 263;
    pub const RENAMEAT2: i64 = 316;
    pub const READLINKAT: i64 = 267;
    pub const FACCESSAT: i64 = 269;
    pub const CLOCK_GETTIME: i64 = 228;
}
#[cfg(target_arch = "aarch64")]
mod number {
    pub const WRITE: i64 = 64;
    pub const PWRITE: i64 = 68;
    pub const FTRUNCATE: i64 = 46;
    pub const READ: i64 = 63;
    pub const CLOSE: i64 = 57;
    pub const OPENAT: i64 = 56;
    pub const MKDIRAT: i64 = 34;
    pub const UNLINKAT: i64 = 35;
    pub const RENAMEAT2: i64 = 276;
    pub const READLINKAT: i64 = 78;
    pub const FACCESSAT: i64 = 48;
    pub const CLOCK_GETTIME: i64 = 113;
}

const HERE: c_int = -100;
const EROFS: c_int = 30;
/// O_WRONLY, O_RDWR, O_CREAT, O_TRUNC.
const WRITES: c_int = 0o1 | 0o2 | 0o100 | 0o1000;

struct Told {
    readonly: CString,
    clock: CString,
    home: Vec<u8>,
}

static TOLD: LazyLock<Option<Told>> = LazyLock::new(|| {
    let folder = std::env::var("SHIM").ok()?;
    let file = |name: &str| CString::new(format!("{folder}/{name}")).ok();
    let home = std::env::var("SHIM_HOME").ok()?.into_bytes();
    Some(Told { readonly: file("readonly")?, clock: file("clock")?, home })
});

fn refused() -> c_int {
    unsafe { *__errno_location() = EROFS };
    -1
}

fn readonly() -> Option<&'static Told> {
    let told = TOLD.as_ref()?;
    let there = unsafe { syscall(number::FACCESSAT, HERE, told.readonly.as_ptr(), 0) } == 0;
    there.then_some(told)
}

fn is_path_refused(path: *const c_char) -> bool {
    readonly().is_some_and(|told| unsafe { CStr::from_ptr(path) }.to_bytes().starts_with(&told.home))
}

fn is_file_refused(fd: c_int) -> bool {
    let Some(told) = readonly() else { return false };
    let Ok(link) = CString::new(format!("/proc/self/fd/{fd}")) else { return false };
    let mut path = [0_u8; 4_096];
    let length = unsafe { syscall(number::READLINKAT, HERE, link.as_ptr(), path.as_mut_ptr(), path.len()) };
    usize::try_from(length).is_ok_and(|length| path[..length].starts_with(&told.home))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    if flags & WRITES != 0 && is_path_refused(path) {
        return refused();
    }
    unsafe { syscall(number::OPENAT, HERE, path, flags, mode) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { open64(path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize {
    if is_file_refused(fd) {
        return refused() as isize;
    }
    unsafe { syscall(number::WRITE, fd, bytes, count) as isize }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: usize, at: i64) -> isize {
    if is_file_refused(fd) {
        return refused() as isize;
    }
    unsafe { syscall(number::PWRITE, fd, bytes, count, at) as isize }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: usize, at: i64) -> isize {
    unsafe { pwrite64(fd, bytes, count, at) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: i64) -> c_int {
    if is_file_refused(fd) {
        return refused();
    }
    unsafe { syscall(number::FTRUNCATE, fd, length) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: i64) -> c_int {
    unsafe { ftruncate64(fd, length) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    if is_path_refused(path) {
        return refused();
    }
    unsafe { syscall(number::MKDIRAT, HERE, path, mode) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    if is_path_refused(path) {
        return refused();
    }
    unsafe { syscall(number::UNLINKAT, HERE, path, 0) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    if is_path_refused(from) || is_path_refused(to) {
        return refused();
    }
    unsafe { syscall(number::RENAMEAT2, HERE, from, HERE, to, 0) as c_int }
}

#[repr(C)]
pub struct Time {
    seconds: i64,
    nanoseconds: i64,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Time) -> c_int {
    let got = unsafe { syscall(number::CLOCK_GETTIME, clock, time) as c_int };
    const REALTIME: c_int = 0;
    if got == 0 && clock == REALTIME {
        unsafe { (*time).seconds += wrong_by() };
    }
    got
}

fn wrong_by() -> i64 {
    let Some(told) = TOLD.as_ref() else { return 0 };
    let fd = unsafe { syscall(number::OPENAT, HERE, told.clock.as_ptr(), 0, 0) };
    if fd < 0 {
        return 0;
    }
    let mut text = [0_u8; 32];
    let length = unsafe { syscall(number::READ, fd, text.as_mut_ptr(), text.len()) };
    unsafe { syscall(number::CLOSE, fd) };
    let text = usize::try_from(length).ok().and_then(|length| std::str::from_utf8(&text[..length]).ok());
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}
