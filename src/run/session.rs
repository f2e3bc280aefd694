//! One command at work on the book: the lock it holds, its clock, and who watches.

use super::documents;
use super::ground::view;
use super::{House, Moment, Watcher};
use crate::book::{Book, Writer};
use crate::diagnostic::Report;
use crate::model::book_view::BookView;

pub struct Session<'a> {
    pub house: &'a House,
    pub writer: Writer,
    pub moment: &'a Moment,
    pub watch: Watcher<'a>,
}

impl<'a> Session<'a> {
    /// Takes the lock, and finishes a commit that was cut off before its `HEAD` was written.
    pub fn begin(
        house: &'a House,
        wait: bool,
        moment: &'a Moment,
        watch: Watcher<'a>,
    ) -> Result<Self, Report> {
        documents::output_is_ours(house.root())?;
        let mut writer = Writer::lock(&house.book(), &moment.attempt(), wait)?;
        writer.settle_head()?;
        Ok(Self {
            house,
            writer,
            moment,
            watch,
        })
    }

    pub fn book(&self) -> Option<&Book> {
        self.writer.book()
    }

    pub fn view(&self, is_prepaid: bool) -> Result<BookView, Report> {
        view(self.book(), is_prepaid)
    }

    /// What the book says of its runs and numbers, had without reading a part.
    pub fn outline(&self) -> Result<BookView, Report> {
        self.book()
            .map_or_else(|| Ok(BookView::empty()), Book::outline)
    }

    /// Hash of the last link of the chain; empty while there is no book.
    pub fn head(&self) -> String {
        self.book()
            .map(|book| book.head().to_owned())
            .unwrap_or_default()
    }
}
