//! The report's file: which kind it is, its beginning, its chapters, its end.
//!
//! It is written beside its place and takes it when it is whole, so that a tour that fails leaves
//! the report of the last one as it was. It does not know what stands in a chapter.

use super::{Chapter, html, markdown, words};
use crate::exit::Failure;
use crate::lang::Lang;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What kind of page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Markdown,
    Html,
}

/// A report under way.
#[derive(Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    kind: Kind,
    lang: Lang,
    part: PathBuf,
    file: File,
    /// Chapters that were promised and are still to come.
    missing: Vec<String>,
    finished: bool,
}

impl ReportFile {
    /// Begins one with chapters of these titles, in that language.
    ///
    /// # Errors
    /// The name says of no kind that there is, or there can be no file.
    pub fn begin(path: &Path, titles: &[String], lang: Lang) -> Result<Self, Failure> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let kind = match extension {
            Some("md") => Kind::Markdown,
            Some("html") => Kind::Html,
            _ => {
                let path = path.display();
                let what = format!("--report {path}: a name in .md or .html says which it is");
                return Err(Failure::usage(what));
            }
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = File::create(&part).map_err(|e| cannot(path, &e))?;
        let (path, missing) = (path.to_owned(), titles.to_vec());
        let mut report = Self { path, kind, lang, part, file, missing, finished: false };
        let made = words::made(lang, &words::now());
        let mut page = String::new();
        match kind {
            Kind::Markdown => markdown::begin(&mut page, lang, &made),
            Kind::Html => html::begin(&mut page, lang, &made),
        }
        if titles.len() > 1 {
            match kind {
                Kind::Markdown => markdown::contents(&mut page, lang, titles),
                Kind::Html => html::contents(&mut page, lang, titles),
            }
        }
        report.put(&page)?;
        Ok(report)
    }

    /// The next chapter.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn chapter(&mut self, chapter: &Chapter) -> Result<(), Failure> {
        self.missing.retain(|title| *title != chapter.title);
        let mut page = String::new();
        match self.kind {
            Kind::Markdown => markdown::chapter(&mut page, chapter),
            Kind::Html => html::chapter(&mut page, chapter),
        }
        self.put(&page)
    }

    /// There are no more: the file takes its place.
    ///
    /// # Errors
    /// It cannot.
    pub fn finish(mut self) -> Result<(), Failure> {
        let mut page = String::new();
        for title in &self.missing {
            match self.kind {
                Kind::Markdown => markdown::missing(&mut page, self.lang, title),
                Kind::Html => html::missing(&mut page, self.lang, title),
            }
        }
        if self.kind == Kind::Html {
            html::end(&mut page);
        }
        self.put(&page)?;
        fs::rename(&self.part, &self.path).map_err(|e| cannot(&self.path, &e))?;
        self.finished = true;
        Ok(())
    }

    fn put(&mut self, page: &str) -> Result<(), Failure> {
        self.file.write_all(page.as_bytes()).map_err(|e| cannot(&self.path, &e))
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("--report {}: cannot be written: {error}", path.display()))
}
