//! What of the usage of a service has gone over from period to period.

use super::judge::Used;
use super::{Looking, Service};
use crate::identify::history::Billed;
use crate::identify::life::Life;
use crate::identify::piece::Piece;
use crate::identify::rollover::Rolling;
use crate::identify::watermark::Watermark;

impl<'a> Looking<'a> {
    /// Says of every piece of usage what has gone over into its period and out of it, where anything does.
    pub(super) fn carry(
        &self,
        service: &Service<'a>,
        (mark, lines): (&Watermark<'a>, &Billed<'_>),
        life: &Life<'_>,
        (due, usage): (&[Piece], &mut [Used]),
        waived: &[Piece],
    ) {
        if !self.around.carries {
            return;
        }
        let around = self.around;
        let charge_on = |day| self.selected.charges[around.lives.row_on(service.rows.clone(), day)];
        let mut earlier = Vec::new();
        let mut carried = |piece: &Piece, used: Option<(i128, i128)>| {
            let charge = self.selected.charges[piece.row]?;
            let owners = around.joined.row(piece.row);
            let rolling = Rolling {
                charge,
                usage: charge.kind.usage()?,
                scheme: around.joined.scheme(owners.1),
                cycle: around.cycle(owners, life.span.start),
                mark,
                lines,
                serials: &around.serials,
                charge_on: &charge_on,
                waived,
            };
            rolling.carried(piece.full, used?, &mut earlier)
        };
        for (piece, used) in due.iter().zip(usage) {
            used.carried = carried(piece, used.usage);
        }
    }
}
