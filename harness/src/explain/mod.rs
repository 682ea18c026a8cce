//! `wirelab explain`: every frame of a capture, every conversation, and what they show.
//!
//! It reads, has each frame dissected and analysed, and hands the outcome to a view as it comes,
//! so that a capture of any size passes through. It does not know what frames mean.

pub(crate) mod dump;
mod echoes;
mod follow;
mod header;
mod human;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod report;
pub(crate) mod step;

use clap::Args;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::analysis::{Analysis, Report, Told, texts};
use crate::dissect::{Detail, Dissection, dissect};
use crate::exit::Failure;
use crate::frame::{CapturedFrame, HostNames};
use crate::lang::Lang;
use crate::output::{Output, escape, escape_controls};
use crate::progress::Progress;
use crate::savefile::{Error, Savefile};
use echoes::Echoes;
use header::{Header, header, link_names, overview, survey};
use report::{Chapter, ReportFile};
use step::{Stepped, Steps};

/// Bytes that wait until they are written to stdout.
const BUFFER: usize = 8192;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The capture, pcap or pcapng; `-` reads it from stdin.
    pub file: PathBuf,
    /// What is shown.
    #[command(flatten)]
    pub options: Options,
    /// Write a report, too, in one file: setup, ladder, frames, analysis, what each frame shows.
    #[arg(long, value_name = "FILE.md|FILE.html", conflicts_with = "follow")]
    pub report: Option<PathBuf>,
}

/// What `explain` shows; by default the header, every frame, the blocks and the summary.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Only the line of each frame.
    #[arg(long, conflicts_with_all = ["summary", "bytes", "follow"])]
    pub frames: bool,
    /// Only the header, the blocks and the summary.
    #[arg(long, conflicts_with_all = ["bytes", "follow"])]
    pub summary: bool,
    /// Each frame with the fields of every layer, and its bytes in hexadecimal.
    #[arg(long, conflicts_with = "follow")]
    pub bytes: bool,
    /// The bytes of conversation N in order, both directions.
    #[arg(long, value_name = "N")]
    pub follow: Option<u64>,
    /// Show only these frames: `6`, `3-8` or `16-`. All are analysed.
    #[arg(short = 'n', value_name = "RANGE")]
    pub range: Option<FrameRange>,
}

/// Frame numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl FrameRange {
    /// What to say if the capture ends before the range begins.
    fn misses(self, title: &str, frames: u64) -> Option<Failure> {
        (self.first > frames).then(|| {
            let (first, frames) = (self.first, texts::frame_count(Lang::En, frames));
            Failure::failed(format!("{title}: no frame #{first}: the capture has {frames}"))
        })
    }
}

impl FromStr for FrameRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no range of frames; write 6, 3-8 or 16-");
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let range = match text.split_once('-') {
            None => {
                let only = number(text)?;
                Self { first: only, last: only }
            }
            Some((first, "")) => Self { first: number(first)?, last: u64::MAX },
            Some((first, last)) => Self { first: number(first)?, last: number(last)? },
        };
        if range.first == 0 || range.first > range.last { Err(wrong()) } else { Ok(range) }
    }
}

/// How the outcome reaches the reader.
trait View {
    fn header(&mut self, header: &Header) -> io::Result<()>;
    fn frame(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()>;
    /// Bytes that waited in vain for earlier ones.
    fn leftover(&mut self, _told: &Told) -> io::Result<()> {
        Ok(())
    }
    fn report(&mut self, report: &Report) -> io::Result<()>;
}

/// Two views of the same. When the first can no longer be written, because its reader has seen
/// enough, the second is told the rest all the same.
struct Both<'a> {
    first: &'a mut dyn View,
    second: &'a mut dyn View,
    failed: Option<io::Error>,
}

impl Both<'_> {
    fn tell(&mut self, mut each: impl FnMut(&mut dyn View) -> io::Result<()>) -> io::Result<()> {
        if self.failed.is_none() {
            self.failed = each(self.first).err();
        }
        each(self.second)
    }
}

impl View for Both<'_> {
    fn header(&mut self, header: &Header) -> io::Result<()> {
        self.tell(|view| view.header(header))
    }

    fn frame(
        &mut self,
        frame: &CapturedFrame,
        dissection: &Dissection,
        told: &Told,
    ) -> io::Result<()> {
        self.tell(|view| view.frame(frame, dissection, told))
    }

    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.tell(|view| view.report(report))?;
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// What goes along with the account on stdout.
#[derive(Debug, Default)]
pub(crate) struct Beside<'a> {
    /// A chapter of a report, which gets all of it.
    pub chapter: Option<&'a mut Chapter>,
    /// Whoever asks for each frame before it is shown.
    pub steps: Option<&'a mut Steps>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Arguments { file, options, report } = arguments;
    let Some(path) = report else { return explain_file(file, options, output) };
    if path.canonicalize().is_ok_and(|path| file.canonicalize().is_ok_and(|file| file == path)) {
        return Err(Failure::usage(format!("--report {}: that is the capture", path.display())));
    }
    let title = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let mut chapter = Chapter::new(&escape(title.as_bytes()), output.lang);
    let mut page = ReportFile::begin(path, &[], output.lang)?;
    let beside = Beside { chapter: Some(&mut chapter), steps: None };
    let ended = explain_beside(file, options, output, beside);
    if !chapter.has_begun() {
        return ended;
    }
    if let Err(failure) = &ended {
        chapter.remarks.push(escape_controls(failure.message.as_bytes()));
    }
    page.chapter(&chapter)?;
    page.finish()?;
    output.say(&format!("wrote {}", path.display()));
    ended
}

/// Explains a capture file on stdout; `-` is stdin.
///
/// # Errors
/// The file cannot be opened or is damaged; what could be read of it was explained all the same.
pub fn explain_file(path: &Path, options: &Options, output: &Output) -> Result<(), Failure> {
    explain_beside(path, options, output, Beside::default())
}

/// The same, and what goes along with it.
pub(crate) fn explain_beside(
    path: &Path,
    options: &Options,
    output: &Output,
    beside: Beside<'_>,
) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        // Somebody may be capturing at the other end of the pipe: each line goes out at once.
        let mut out = io::stdout().lock();
        let stdin = io::stdin().lock();
        return explain(stdin, "stdin", None, options, output, beside, &mut out);
    }
    let stdout = io::stdout().lock();
    // Who asks for each frame sees it at once.
    let capacity = if beside.steps.is_some() { 0 } else { BUFFER };
    let mut out = BufWriter::with_capacity(capacity, stdout);
    let title = path.display().to_string();
    let cannot = |error: io::Error| Failure::failed(format!("{title}: cannot open: {error}"));
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Failure::failed(format!("{title}: a directory, not a capture file")));
    }
    // A pipe or a device can be read only once.
    let times = if metadata.is_file() { 2 } else { 1 };
    let progress = Progress::new(metadata.len() * times, output);
    let survey = if metadata.is_file() {
        File::open(path).ok().and_then(|file| survey(progress.of(file), &title, output.lang))
    } else {
        None
    };
    explain(progress.of(file), &title, survey, options, output, beside, &mut out)
}

/// One `say` per frame: what the capture writes into its own file as comments.
pub fn comments(frames: &[CapturedFrame], names: &HostNames, lang: Lang) -> Vec<String> {
    let mut analysis = Analysis::new(names.clone(), lang);
    frames.iter().map(|f| analysis.frame(f, &dissect(f, Detail::Values)).say).collect()
}

/// Explains a capture from any reader, like [`explain_file`], on any writer.
///
/// # Errors
/// As there.
pub fn explain_reader<R: Read, W: Write>(
    reader: R,
    title: &str,
    options: &Options,
    output: &Output,
    out: &mut W,
) -> Result<(), Failure> {
    explain(reader, title, None, options, output, Beside::default(), out)
}

fn explain<R: Read, W: Write>(
    reader: R,
    title: &str,
    survey: Option<Header>,
    options: &Options,
    output: &Output,
    beside: Beside<'_>,
    out: &mut W,
) -> Result<(), Failure> {
    let damaged = |error: &Error| Failure::failed(format!("{title}: {error}"));
    let mut savefile = Savefile::open(reader).map_err(|error| damaged(&error))?;
    let written = if let Some(id) = options.follow {
        let mut view = follow::Follow::new(out, output, id);
        show(&mut savefile, title, survey, options, (Detail::Values, output.lang), &mut view)
            .map(|error| error.or_else(|| view.missing()))
    } else {
        let Beside { chapter, steps } = beside;
        let has_fields = output.json || options.bytes || chapter.is_some();
        let detail = if has_fields { Detail::Fields } else { Detail::Values };
        let mut view = view(options, output, out);
        if let Some(steps) = steps {
            view = Box::new(Stepped::new(view, steps));
        }
        match chapter {
            Some(second) => {
                let mut both = Both { first: &mut *view, second, failed: None };
                show(&mut savefile, title, survey, options, (detail, output.lang), &mut both)
            }
            None => show(&mut savefile, title, survey, options, (detail, output.lang), &mut *view),
        }
    };
    match written.and_then(|outcome| out.flush().map(|()| outcome)) {
        Ok(None) => Ok(()),
        Ok(Some(failure)) => Err(failure),
        // The reader of our output has gone: `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::failed(format!("cannot write: {error}"))),
    }
}

/// The view that was asked for.
fn view<'a, W: Write>(options: &Options, output: &'a Output, out: &'a mut W) -> Box<dyn View + 'a> {
    if output.json {
        Box::new(json::Json::new(out, options.clone(), output.lang))
    } else {
        Box::new(human::Human::new(out, output, options.clone()))
    }
}

/// Passes the capture through the analysis to the view. The failure it returns is the file's; the
/// error is the writer's.
fn show<R: Read>(
    savefile: &mut Savefile<R>,
    title: &str,
    survey: Option<Header>,
    options: &Options,
    (detail, lang): (Detail, Lang),
    view: &mut dyn View,
) -> io::Result<Option<Failure>> {
    let surveyed = survey.is_some();
    // pcapng tells of its interfaces and hosts in front of its frames.
    let mut next = savefile.next_frame();
    let header = survey.unwrap_or_else(|| header(savefile, title, None, lang));
    view.header(&header)?;
    let mut names = header.names.clone();
    let mut analysis = Analysis::new(header.names, lang);
    let mut echoes = Echoes::new(lang);
    let mut last = 0;
    let failure = loop {
        match next {
            Ok(None) => break options.range.and_then(|range| range.misses(title, last)),
            Ok(Some(mut frame)) => {
                if !surveyed && names.len() != savefile.names().len() {
                    names.clone_from(savefile.names());
                    analysis.rename(names.clone());
                    echoes.rename(&names);
                }
                let shown = options
                    .range
                    .is_none_or(|range| (range.first..=range.last).contains(&frame.number));
                let detail = if shown { detail } else { Detail::Values };
                let dissection = dissect(&frame, detail);
                let told = analysis.frame(&frame, &dissection);
                echoes.strip(&mut frame, &dissection, &names);
                last = frame.number;
                if shown {
                    view.frame(&frame, &dissection, &told)?;
                }
            }
            Err(error) => {
                let message = format!("{title}: {error}; what stands before it is explained");
                break Some(Failure::failed(message));
            }
        }
        next = savefile.next_frame();
    };
    for leftover in analysis.finish() {
        view.leftover(&leftover)?;
    }
    view.report(&analysis.report())?;
    Ok(failure)
}

/// The frame's comment, unless it only repeats what is said of the frame anyway.
fn own_comment<'a>(frame: &'a CapturedFrame, told: &Told) -> Option<&'a str> {
    frame.comment.as_deref().filter(|comment| *comment != told.say)
}
