use crate::registry::RegisterOptions;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{CacheKey, CompiledCache};
use crate::executor::CompiledComponents;
use crate::executor::port::EngineKind;
use crate::ids::Digest;
use crate::registry::testing::{Bench, component};

const GOOD: &[u8] = b"machine code";

fn key(digest: Digest) -> CacheKey {
    CacheKey { digest, engine: EngineKind::Pure, compatibility: "48/x86".to_owned() }
}

struct Home {
    folder: tempfile::TempDir,
    cache: CompiledCache,
    key: CacheKey,
}

impl Home {
    fn with_code() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompiledCache::new(folder.path());
        let home = Self { folder, cache, key: key(Digest::of(b"component")) };
        home.publish(GOOD);
        assert!(home.is_verified());
        home
    }

    fn publish(&self, code: &[u8]) -> PathBuf {
        let work = self.cache.work_folder(&self.key).unwrap();
        let made = work.path().join("made");
        fs::write(&made, code).unwrap();
        fs::set_permissions(&made, fs::Permissions::from_mode(0o600)).unwrap();
        self.cache.publish(&self.key, &made).unwrap()
    }

    /// As a later process sees it.
    fn is_verified(&self) -> bool {
        CompiledCache::new(self.folder.path()).verified(&self.key).is_some()
    }

    fn file(&self, extension: &str) -> PathBuf {
        let name = format!("{}.{extension}", self.key.digest.hex());
        self.folder.path().join("compiled").join(self.key.folder_name()).join(name)
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn move_away(path: &Path) -> PathBuf {
    let away = path.with_extension("away");
    fs::rename(path, &away).unwrap();
    away
}

/// One way to spoil the cache.
type Oddity = (&'static str, fn(&Home));

const ODDITIES: [Oddity; 15] = [
    ("a flipped bit", |home| {
        let mut code = fs::read(home.file("cwasm")).unwrap();
        code[3] ^= 1;
        fs::write(home.file("cwasm"), code).unwrap();
    }),
    ("missing code", |home| fs::remove_file(home.file("cwasm")).unwrap()),
    ("short code", |home| fs::write(home.file("cwasm"), &GOOD[..5]).unwrap()),
    ("no code at all", |home| fs::write(home.file("cwasm"), "").unwrap()),
    ("a missing seal", |home| fs::remove_file(home.file("seal")).unwrap()),
    ("a short seal", |home| fs::write(home.file("seal"), "abc").unwrap()),
    ("a seal that anybody can make", |home| {
        fs::write(home.file("seal"), blake3::hash(GOOD).to_hex().as_str()).unwrap();
    }),
    ("a planted link", |home| {
        let away = move_away(&home.file("cwasm"));
        symlink(away, home.file("cwasm")).unwrap();
    }),
    ("a planted link for the seal", |home| {
        let away = move_away(&home.file("seal"));
        symlink(away, home.file("seal")).unwrap();
    }),
    ("a second name", |home| fs::hard_link(home.file("cwasm"), home.file("second")).unwrap()),
    ("code that others can write", |home| set_mode(&home.file("cwasm"), 0o622)),
    ("a folder that others can write", |home| set_mode(home.file("cwasm").parent().unwrap(), 0o777)),
    ("a lost key", |home| fs::remove_file(home.folder.path().join("compiled.key")).unwrap()),
    ("a key that others can read", |home| set_mode(&home.folder.path().join("compiled.key"), 0o644)),
    ("a short key", |home| fs::write(home.folder.path().join("compiled.key"), "key").unwrap()),
];

#[test]
fn whatever_is_odd_is_not_used_and_publishing_again_mends_it() {
    for (what, spoil) in ODDITIES {
        let home = Home::with_code();
        spoil(&home);
        assert!(!home.is_verified(), "{what}");
        let later = Home { cache: CompiledCache::new(home.folder.path()), ..home };
        later.publish(GOOD);
        assert!(later.is_verified(), "{what} is mended");
        assert_eq!(fs::read(later.file("cwasm")).unwrap(), GOOD);
    }
}

#[test]
fn code_of_another_component_engine_or_program_does_not_pass() {
    let home = Home::with_code();
    let others = [
        key(Digest::of(b"another component")),
        CacheKey { engine: EngineKind::Open, ..home.key.clone() },
        CacheKey { compatibility: "49/x86".to_owned(), ..home.key.clone() },
    ];
    for other in others {
        let (code, seal) = (home.file("cwasm"), home.file("seal"));
        let planted = Home { key: other, cache: CompiledCache::new(home.folder.path()), ..Home::with_code() };
        let planted_in = planted.file("cwasm").parent().unwrap().to_path_buf();
        fs::create_dir_all(&planted_in).unwrap();
        set_mode(&planted_in, 0o700);
        fs::copy(home.folder.path().join("compiled.key"), planted.folder.path().join("compiled.key")).unwrap();
        fs::copy(code, planted.file("cwasm")).unwrap();
        fs::copy(seal, planted.file("seal")).unwrap();
        assert!(!planted.is_verified(), "{:?}", planted.key);
    }
    let same = Home { key: home.key.clone(), ..Home::with_code() };
    for file in ["cwasm", "seal"] {
        fs::copy(home.file(file), same.file(file)).unwrap();
    }
    fs::copy(home.folder.path().join("compiled.key"), same.folder.path().join("compiled.key")).unwrap();
    assert!(same.is_verified(), "with nothing changed it does pass, so the copies are what is tested");
}

#[test]
fn a_link_in_place_of_the_engines_folder_is_replaced_by_a_folder() {
    let home = Home::with_code();
    let folder = home.file("cwasm").parent().unwrap().to_path_buf();
    let away = move_away(&folder);
    symlink(&away, &folder).unwrap();
    assert!(!home.is_verified());
    home.publish(GOOD);
    assert!(fs::symlink_metadata(&folder).unwrap().is_dir());
    assert!(away.join(home.file("cwasm").file_name().unwrap()).exists(), "what the link led to is untouched");
}

#[test]
fn a_key_is_private_and_made_once() {
    let home = Home::with_code();
    let path = home.folder.path().join("compiled.key");
    let before = fs::read(&path).unwrap();
    assert_eq!((before.len(), fs::metadata(&path).unwrap().permissions().mode() & 0o777), (32, 0o600));
    let later = Home { cache: CompiledCache::new(home.folder.path()), ..home };
    later.publish(GOOD);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_work_folder_is_private_and_goes_when_it_is_dropped() {
    let home = Home::with_code();
    let work = home.cache.work_folder(&home.key).unwrap();
    let path = work.path().to_path_buf();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    drop(work);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_flipped_bit_in_the_cache_leads_to_a_new_compile() {
    let bench = Bench::new();
    let wasm = component("train 0.1.0");
    let digest = bench
        .registry
        .register_bytes("a.wasm", wasm, RegisterOptions::default())
        .await
        .unwrap()
        .plugin
        .component
        .digest;
    let path = bench.another_process().compiled(digest, EngineKind::Pure).await.unwrap().path;
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[0] ^= 1;
    fs::write(&path, bad).unwrap();
    assert_eq!(bench.times_compiled(), 1);
    let compiled = bench.another_process().compiled(digest, EngineKind::Pure).await.unwrap();
    assert_eq!(fs::read(compiled.path).unwrap(), good);
    assert_eq!(bench.times_compiled(), 2);
}
