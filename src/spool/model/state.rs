//! What a disk holds: what lasts, what is only in memory, and what a power cut may make of both.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::choices::Choices;

/// Files and folders by number; the first is the root.
#[derive(Debug, Clone)]
pub struct State {
    inodes: Vec<Inode>,
}

#[derive(Debug, Clone)]
enum Inode {
    Folder(Folder),
    File(Contents),
}

#[derive(Debug, Clone, Default)]
struct Folder {
    /// In the order in which they came, not by name: a name is random, and the choices of a seed must not be.
    durable: Vec<(String, usize)>,
    /// Names given and taken away since the last sync. A rename is one of each: they may last or not, in any order.
    changes: Vec<(String, Option<usize>)>,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    /// What is on the disk; the beginning of `now`, for the spool only appends.
    durable: Vec<u8>,
    /// What a reader is given.
    now: Vec<u8>,
    /// A sync failed: Linux takes the bytes for written all the same, and the next sync says Ok.
    given_up: bool,
}

impl Folder {
    /// Everything that each name may lead to after a power cut; what it leads to now is the last.
    fn names(&self) -> Vec<(&str, Vec<Option<usize>>)> {
        let mut names: Vec<(&str, Vec<Option<usize>>)> =
            self.durable.iter().map(|(name, inode)| (name.as_str(), vec![Some(*inode)])).collect();
        for (name, inode) in &self.changes {
            match names.iter_mut().find(|(known, _)| known == name) {
                Some((_, inodes)) => inodes.push(*inode),
                None => names.push((name, vec![None, *inode])),
            }
        }
        names
    }

    fn now(&self) -> Vec<(String, usize)> {
        let last = |(name, inodes): (&str, Vec<Option<usize>>)| Some((name.to_owned(), inodes.last().copied()??));
        self.names().into_iter().filter_map(last).collect()
    }
}

impl Contents {
    /// Everything that a reader may be given after a power cut: any number of the bytes that were not synced, and
    /// zeros in any one stretch of them.
    fn survivors(&self) -> BTreeSet<Vec<u8>> {
        let synced = self.durable.len();
        let mut survivors = BTreeSet::new();
        for length in synced..=self.now.len() {
            for begin in synced..=length {
                for end in begin..=length {
                    let mut left = self.now[..length].to_vec();
                    left[begin..end].fill(0);
                    survivors.insert(left);
                }
            }
        }
        survivors
    }
}

impl Default for State {
    fn default() -> Self {
        Self { inodes: vec![Inode::Folder(Folder::default())] }
    }
}

impl State {
    /// One of the disks that this one may be after a power cut; everything on it lasts.
    pub fn after_power_cut(&self, choices: &mut Choices) -> Self {
        let mut after = Self { inodes: Vec::new() };
        self.survive(0, choices, &mut after, &mut BTreeMap::new());
        after
    }

    /// Copies what is left of an inode to `after`; `copied` has the numbers there of those that are done.
    fn survive(
        &self,
        inode: usize,
        choices: &mut Choices,
        after: &mut Self,
        copied: &mut BTreeMap<usize, usize>,
    ) -> usize {
        if let Some(copy) = copied.get(&inode) {
            return *copy;
        }
        let copy = after.inodes.len();
        copied.insert(inode, copy);
        // Keeps the place: what is in a folder comes behind it.
        after.inodes.push(Inode::Folder(Folder::default()));
        after.inodes[copy] = match &self.inodes[inode] {
            Inode::File(contents) => {
                let survivors = contents.survivors();
                let bytes = survivors.iter().nth(choices.one_of(survivors.len())).unwrap();
                Inode::File(Contents { durable: bytes.clone(), now: bytes.clone(), given_up: false })
            }
            Inode::Folder(folder) => {
                let mut durable = Vec::new();
                for (name, inodes) in folder.names() {
                    let inodes: Vec<_> = inodes.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
                    if let Some(child) = inodes[choices.one_of(inodes.len())] {
                        durable.push((name.to_owned(), self.survive(child, choices, after, copied)));
                    }
                }
                Inode::Folder(Folder { durable, changes: Vec::new() })
            }
        };
        copy
    }

    /// The inode that a path leads to now.
    pub fn find(&self, path: &Path) -> io::Result<usize> {
        let mut inode = 0;
        for component in path.components().filter(|c| *c != Component::RootDir) {
            let name = component.as_os_str().to_str().unwrap();
            let named = self.folder(inode)?.now().into_iter().find(|(known, _)| known == name);
            inode = named.ok_or(io::ErrorKind::NotFound)?.1;
        }
        Ok(inode)
    }

    /// What is in a folder now.
    pub fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        Ok(self.folder(self.find(path)?)?.now().into_iter().map(|(name, _)| name).collect())
    }

    pub fn is_folder(&self, path: &Path) -> bool {
        self.find(path).is_ok_and(|inode| self.folder(inode).is_ok())
    }

    pub fn make_folder(&mut self, path: &Path) -> io::Result<()> {
        self.make(path, Inode::Folder(Folder::default())).map(drop)
    }

    pub fn make_file(&mut self, path: &Path) -> io::Result<usize> {
        self.make(path, Inode::File(Contents::default()))
    }

    fn make(&mut self, path: &Path, inode: Inode) -> io::Result<usize> {
        if self.find(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.change(path, Some(self.inodes.len()))?;
        self.inodes.push(inode);
        Ok(self.inodes.len() - 1)
    }

    pub fn read(&self, inode: usize) -> io::Result<Vec<u8>> {
        match &self.inodes[inode] {
            Inode::File(contents) => Ok(contents.now.clone()),
            Inode::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub fn append(&mut self, inode: usize, bytes: &[u8]) {
        self.contents(inode).now.extend_from_slice(bytes);
    }

    pub fn sync_data(&mut self, inode: usize) {
        let contents = self.contents(inode);
        if !contents.given_up {
            contents.durable = contents.now.clone();
        }
    }

    pub fn give_up_data(&mut self, inode: usize) {
        self.contents(inode).given_up = true;
    }

    pub fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.find(path)?;
        let folder = self.folder_mut(inode)?;
        folder.durable = folder.now();
        folder.changes.clear();
        Ok(())
    }

    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.find(from)?;
        self.change(to, Some(inode))?;
        self.change(from, None)
    }

    pub fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.read(self.find(path)?)?;
        self.change(path, None)
    }

    fn change(&mut self, path: &Path, inode: Option<usize>) -> io::Result<()> {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = self.find(path.parent().unwrap())?;
        self.folder_mut(folder)?.changes.push((name, inode));
        Ok(())
    }

    fn folder(&self, inode: usize) -> io::Result<&Folder> {
        match &self.inodes[inode] {
            Inode::Folder(folder) => Ok(folder),
            Inode::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn folder_mut(&mut self, inode: usize) -> io::Result<&mut Folder> {
        match &mut self.inodes[inode] {
            Inode::Folder(folder) => Ok(folder),
            Inode::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn contents(&mut self, inode: usize) -> &mut Contents {
        match &mut self.inodes[inode] {
            Inode::File(contents) => contents,
            Inode::Folder(_) => unreachable!("only files are opened"),
        }
    }
}
