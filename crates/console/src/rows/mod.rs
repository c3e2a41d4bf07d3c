//! What the API answers with: a contract (DESIGN section 6) that is kept apart from what is stored.
//! Fields are never left out; what is not known is `null`. Times are RFC 3339 in UTC.

mod alert;
mod coverage;
mod delivery;
mod item;
mod matrix;
mod quarantine;
mod record;
mod source;
mod status;
mod vendor;
mod websub;

pub use self::alert::{AlertDetail, AlertRow, Outlet};
pub use self::coverage::{CoverageRow, Gap, OutageRow, Period, PossibleGapRow};
pub use self::delivery::{DeliveryRow, MessageKind};
pub use self::item::{ItemDetail, ItemRow, RevisionRow};
pub use self::matrix::{Brought, ByKind, Could, MatrixGap, MatrixRow, Seen};
pub use self::quarantine::{QuarantineDetail, QuarantineRow};
pub use self::record::{ListingRow, NoticeRow};
pub use self::source::SourceRow;
pub use self::status::{OutboxCounts, SourceCounts, Status};
pub use self::vendor::{VendorListing, VendorNotice, VendorRow};
pub use self::websub::WebSubRow;
pub use model::{Cause, Sight, Stretch as Span};
