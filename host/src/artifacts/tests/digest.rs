use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_assert_ne, prop_assume, proptest};

use super::Home;
use crate::artifacts::beneath::Beneath;
use crate::artifacts::copy::hash_folder;
use crate::artifacts::survey::{ManyNames, survey};
use crate::artifacts::{FOLDER_DIGEST_CONTEXT, FolderHasher};
use crate::ids::Digest;

/// Relative path → content.
type Tree = BTreeMap<String, Vec<u8>>;

fn tree() -> impl Strategy<Value = Tree> {
    // Files end in a letter that no folder has, so that no name is both.
    let path = "([ab][-.]?/){0,3}[ab]{1,3}f";
    prop::collection::btree_map(path, prop::collection::vec(any::<u8>(), 0..40), 0..12)
}

fn write<'a>(folder: &Path, files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) {
    fs::create_dir(folder).unwrap();
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Without the store, which would sync each of the many folders of these tests to the disk.
fn digest(tree: &Tree, backwards: bool) -> Digest {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("tree");
    if backwards {
        write(&folder, tree.iter().rev())
    } else {
        write(&folder, tree.iter())
    }
    let mut root = Beneath::open(&folder).unwrap();
    let nodes = survey(&mut root, ManyNames::Refused).unwrap();
    let (digest, size_bytes) = hash_folder(&mut root, &nodes).unwrap();
    assert_eq!(size_bytes, tree.values().map(|content| content.len() as u64).sum::<u64>());
    digest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_folders_digest_does_not_depend_on_the_order_in_which_it_was_written(tree in tree()) {
        prop_assert_eq!(digest(&tree, false), digest(&tree, true));
    }

    #[test]
    fn a_folders_digest_changes_with_any_byte_and_any_name(tree in tree(), pick in any::<prop::sample::Index>()) {
        prop_assume!(!tree.is_empty());
        let name = pick.get(&tree.keys().cloned().collect::<Vec<_>>()).clone();
        let mut longer = tree.clone();
        longer.get_mut(&name).unwrap().push(0);
        prop_assert_ne!(digest(&longer, false), digest(&tree, false));
        let mut renamed = tree.clone();
        let content = renamed.remove(&name).unwrap();
        renamed.insert(format!("{name}x"), content);
        prop_assert_ne!(digest(&renamed, false), digest(&tree, false));
    }
}

#[test]
fn the_encoding_is_the_documented_one() {
    let mut told = FolderHasher::default();
    told.folder("a");
    told.file("a/b", 2, &Digest::of(b"hi"));
    let mut bytes = vec![0, 1, 0, 0, 0, b'a'];
    bytes.extend([1, 3, 0, 0, 0, b'a', b'/', b'b', 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(blake3::hash(b"hi").as_bytes());
    assert_eq!(told.finish().as_bytes(), &blake3::derive_key(FOLDER_DIGEST_CONTEXT, &bytes));
}

#[test]
fn a_folder_is_hashed_as_documented_with_names_sorted_by_their_bytes() {
    let home = Home::new();
    let folder = home.folder("tree");
    fs::create_dir(folder.join("a")).unwrap();
    fs::write(folder.join("a/b"), "hi").unwrap();
    // `-` sorts before `/`.
    fs::write(folder.join("a-"), "").unwrap();
    let mut told = FolderHasher::default();
    told.folder("a");
    told.file("a-", 0, &Digest::of(b""));
    told.file("a/b", 2, &Digest::of(b"hi"));
    assert_eq!(home.store.import(&folder).unwrap().artifact.digest, told.finish());
}

#[test]
fn a_files_digest_is_that_of_its_bytes() {
    let home = Home::new();
    let file = home.file("data.csv", "a,b\n1,2\n");
    assert_eq!(home.store.import(&file).unwrap().artifact.digest, Digest::of(b"a,b\n1,2\n"));
}

#[test]
fn modes_do_not_count_but_empty_folders_do() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let (one, two) = (home.folder("one"), home.folder("two"));
    fs::write(one.join("run.sh"), "#!").unwrap();
    fs::write(two.join("run.sh"), "#!").unwrap();
    fs::set_permissions(two.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let digest = home.store.import(&one).unwrap().artifact.digest;
    assert_eq!(home.store.import(&two).unwrap().artifact.digest, digest);
    fs::create_dir(two.join("empty")).unwrap();
    assert_ne!(home.store.import(&two).unwrap().artifact.digest, digest);
}
