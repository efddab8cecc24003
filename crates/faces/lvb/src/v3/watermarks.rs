//! The commands of watermarks.

use vivace_domain::watermark::WatermarkRule;

/// Commands about watermarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatermarkCommand {
    /// `AddLiveWatermark`.
    Add {
        /// `WatermarkName`.
        name: String,
        /// `PictureUrl`.
        picture: String,
        /// `XPosition`.
        x: i64,
        /// `YPosition`.
        y: i64,
    },
    /// `UpdateLiveWatermark`: what is not said stays.
    Update {
        /// `WatermarkId`.
        id: u64,
        /// `WatermarkName`.
        name: Option<String>,
        /// `PictureUrl`.
        picture: Option<String>,
        /// `XPosition`.
        x: Option<i64>,
        /// `YPosition`.
        y: Option<i64>,
    },
    /// `DeleteLiveWatermark`.
    Delete(u64),
    /// `DescribeLiveWatermark`.
    Describe(u64),
    /// `DescribeLiveWatermarks`.
    List,
    /// `CreateLiveWatermarkRule`.
    CreateRule(WatermarkRule),
    /// `DeleteLiveWatermarkRule`.
    DeleteRule(WatermarkRule),
    /// `DescribeLiveWatermarkRules`.
    Rules,
}
