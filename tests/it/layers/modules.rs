//! The modules of `src/`, and every path by which one of them names another, or a crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Meta, UseTree};

/// A module by its names from the root on: `["report", "texts"]`; the library's root is empty.
pub type Name = Vec<String>;

/// A path in the source, where it stands.
#[derive(Clone, Debug)]
pub struct Mention {
    /// The module in which it stands.
    pub from: Name,
    /// Its segments from the root of its crate on.
    pub path: Vec<String>,
    /// Whether the crate is another one; the first segment is then its name.
    pub is_foreign: bool,
    /// Whether it only passes on what another module has (`pub use`).
    pub is_passed_on: bool,
    /// `src/report/texts.rs:12`
    pub place: String,
}

/// All modules, and all paths in them but those of tests.
#[derive(Debug, Default)]
pub struct Source {
    pub mentions: Vec<Mention>,
    modules: BTreeSet<Name>,
    /// What a module knows under a name by a `use`: its path.
    known: BTreeMap<(Name, String), Vec<String>>,
}

impl Source {
    /// Reads the crate whose sources are in `folder`: the library, and the program beside it as the module `main`.
    pub fn read(folder: &Path) -> Self {
        let mut source = Self::default();
        source.file(&folder.join("lib.rs"), folder, &Vec::new());
        source.file(&folder.join("main.rs"), folder, &vec!["main".to_owned()]);
        source
    }

    /// The modules that lie directly in `parent`.
    pub fn children(&self, parent: &[String]) -> impl Iterator<Item = &Name> {
        self.modules.iter().filter(move |name| name.len() == parent.len() + 1 && name.starts_with(parent))
    }

    /// The modules that have others in them.
    pub fn folders(&self) -> impl Iterator<Item = &Name> {
        self.modules.iter().filter(|name| self.children(name).next().is_some())
    }

    /// The module that defines what `path` names, wherever it was passed on from.
    pub fn target(&self, path: &[String]) -> Name {
        let mut path = path.to_vec();
        // A chain of modules that pass something on is short.
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|length| self.is_module(&path[..*length])).unwrap_or(0);
            let (module, rest) = path.split_at(length);
            let Some(next) = rest.first().and_then(|name| self.known.get(&(module.to_vec(), name.clone()))) else {
                return module.to_vec();
            };
            path = [next.as_slice(), &rest[1..]].concat();
        }
        path
    }

    fn is_module(&self, path: &[String]) -> bool {
        path.is_empty() || self.modules.contains(path)
    }

    fn file(&mut self, file: &Path, folder: &Path, name: &Name) {
        if !name.is_empty() {
            self.modules.insert(name.clone());
        }
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let shown = Path::new("src").join(file.strip_prefix(folder).unwrap());
        let own = folder.join(name.iter().filter(|part| *part != "main").collect::<PathBuf>());
        let below = parsed.items.iter().filter_map(|item| match item {
            Item::Mod(module) if module.content.is_none() && !is_for_tests(&module.attrs) => Some(module),
            _ => None,
        });
        let below: Vec<String> = below.map(|module: &ItemMod| module.ident.to_string()).collect();
        let mut paths = Paths { source: self, module: name, below: &below, shown: &shown, is_passed_on: false };
        paths.visit_file(&parsed);
        for child in &below {
            let flat = own.join(format!("{child}.rs"));
            let file = if flat.exists() { flat } else { own.join(child).join("mod.rs") };
            self.file(&file, folder, &[name.as_slice(), std::slice::from_ref(child)].concat());
        }
    }
}

/// Whether an item is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// Collects the paths of one file.
struct Paths<'a> {
    source: &'a mut Source,
    module: &'a Name,
    below: &'a [String],
    shown: &'a Path,
    is_passed_on: bool,
}

impl Paths<'_> {
    /// Takes in a path outside of a `use`: a name alone is a local one, even where a module has it too.
    fn take_path(&mut self, written: &[String], line: usize) {
        if written.len() > 1 {
            self.take(written, line);
        }
    }

    /// Takes in a path as it is written in the module.
    fn take(&mut self, written: &[String], line: usize) {
        let Some((path, is_foreign)) = self.path_from_the_root(written) else { return };
        self.source.mentions.push(Mention {
            from: self.module.clone(),
            path,
            is_foreign,
            is_passed_on: self.is_passed_on,
            place: format!("{}:{line}", self.shown.display()),
        });
    }

    /// The path from the root of its crate on, and whether that is another crate; `None` for a name alone.
    fn path_from_the_root(&self, written: &[String]) -> Option<(Vec<String>, bool)> {
        let first = written.first()?.as_str();
        match first {
            // The program is a crate of its own, whose root it is.
            "azlab" => Some((written[1..].to_vec(), false)),
            "crate" => Some((written[1..].to_vec(), false)),
            "self" if written.len() > 1 => Some(([self.module.as_slice(), &written[1..]].concat(), false)),
            "super" => {
                let up = written.iter().take_while(|segment| *segment == "super").count();
                let base = self.module.len().checked_sub(up)?;
                Some(([&self.module[..base], &written[up..]].concat(), false))
            }
            _ if self.below.iter().any(|child| child == first) => {
                Some(([self.module.as_slice(), written].concat(), false))
            }
            _ if written.len() > 1 => Some((written.to_vec(), true)),
            _ => None,
        }
    }

    /// The paths in what a macro is given, which is no syntax of Rust as yet.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons, mut line): (Vec<String>, usize, usize) = (Vec::new(), 0, 0);
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => colons += 1,
                TokenTree::Ident(ident) if colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                _ => {
                    self.take_path(&std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Ident(ident) = &token {
                        (path, line) = (vec![ident.to_string()], ident.span().start().line);
                    }
                    if let TokenTree::Group(group) = token {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.take_path(&path, line);
    }

    fn tree(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.tree(&part.tree, path);
                path.pop();
            }
            UseTree::Name(name) => self.end(path, &name.ident.to_string(), &name.ident.to_string(), line),
            UseTree::Rename(name) => self.end(path, &name.ident.to_string(), &name.rename.to_string(), line),
            UseTree::Glob(_) => self.take(path, line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, path)),
        }
    }

    /// The end of a `use`: what it names, and by which name it is known from here on.
    fn end(&mut self, path: &[String], name: &str, known_as: &str, line: usize) {
        let whole = match name {
            "self" => path.to_vec(),
            name => [path, &[name.to_owned()]].concat(),
        };
        if let Some((from_root, false)) = self.path_from_the_root(&whole) {
            self.source.known.insert((self.module.clone(), known_as.to_owned()), from_root);
        }
        self.take(&whole, line);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.is_passed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&item.tree, &mut Vec::new());
        self.is_passed_on = false;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.take_path(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        self.tokens(one.tokens.clone());
        visit::visit_macro(self, one);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(super)` names nothing.
    }
}
