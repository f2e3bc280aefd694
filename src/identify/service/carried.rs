//! What of the usage of a service has gone over from period to period.

use super::judge::usage_of;
use super::{Looking, Service};
use crate::identify::history::Billed;
use crate::identify::life::Life;
use crate::identify::piece::Piece;
use crate::identify::rollover::Rolling;
use crate::identify::watermark::Watermark;
use crate::model::rollover::Carried;

/// Of a piece: used now, and before in its full period; `None` where its charge counts none.
type Usages = Option<(i128, i128)>;

impl<'a> Looking<'a> {
    /// Of every piece of usage what has gone over into its period and out of it; `None` where nothing does.
    pub(super) fn carried(
        &self,
        service: &Service<'a>,
        (mark, lines): (&Watermark<'a>, &Billed<'_>),
        life: &Life<'_>,
        (due, usage): (&[Piece], &[Usages]),
        waived: &[Piece],
    ) -> Vec<Option<Carried>> {
        if !self.around.carries {
            return vec![None; due.len()];
        }
        let around = self.around;
        let charge_on = |day| self.selected.charges[around.lives.row_on(service.rows.clone(), day)];
        let mut earlier = Vec::new();
        let carried = |(piece, used): (&Piece, &Usages)| {
            let charge = self.selected.charges[piece.row]?;
            let owners = around.joined.row(piece.row);
            let rolling = Rolling {
                charge,
                usage: usage_of(charge)?,
                scheme: around.joined.scheme(owners.1),
                cycle: around.cycle(owners, life.span.start),
                mark,
                lines,
                serials: &around.serials,
                charge_on: &charge_on,
                waived,
            };
            rolling.carried(piece.full, (*used)?, &mut earlier)
        };
        due.iter().zip(usage).map(carried).collect()
    }
}
