use vivace_base::UnixMs;
use vivace_domain::watermark::WatermarkRule;

use super::{Read, misplaced};
use crate::v3::params::out_of_range;
use crate::v3::{Action, Fault, WatermarkCommand};

const PERCENT: &str = "from 0 to 100";

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<WatermarkCommand, Fault> {
    let params = read.params;
    let percent = |name| params.integer_in(name, 0..=100, PERCENT);
    let id = || params.integer_in("WatermarkId", 1..=i64::MAX, "the number of a watermark");
    let required_id = || match id()? {
        Some(id) => Ok(id.unsigned_abs()),
        None => Err(Fault::from(out_of_range("WatermarkId", "the number of a watermark"))),
    };
    Ok(match action {
        Action::AddLiveWatermark => {
            as_large_as_it_is(read)?;
            WatermarkCommand::Add {
                name: params.required("WatermarkName")?.to_owned(),
                picture: params.required("PictureUrl")?.to_owned(),
                x: percent("XPosition")?.unwrap_or(0),
                y: percent("YPosition")?.unwrap_or(0),
            }
        }
        Action::UpdateLiveWatermark => {
            as_large_as_it_is(read)?;
            WatermarkCommand::Update {
                id: required_id()?,
                name: params.text("WatermarkName")?.filter(|name| !name.is_empty()).map(str::to_owned),
                picture: params.text("PictureUrl")?.filter(|url| !url.is_empty()).map(str::to_owned),
                x: percent("XPosition")?,
                y: percent("YPosition")?,
            }
        }
        Action::DeleteLiveWatermark => WatermarkCommand::Delete(required_id()?),
        Action::DescribeLiveWatermark => WatermarkCommand::Describe(required_id()?),
        Action::DescribeLiveWatermarks => WatermarkCommand::List,
        Action::CreateLiveWatermarkRule => {
            let watermark = params.required_integer("TemplateId")?;
            if watermark < 1 {
                return Err(out_of_range("TemplateId", "the number of a watermark").into());
            }
            WatermarkCommand::CreateRule(rule(read.reach()?, watermark.unsigned_abs()))
        }
        Action::DeleteLiveWatermarkRule => WatermarkCommand::DeleteRule(rule(read.known_reach()?, 0)),
        Action::DescribeLiveWatermarkRules => WatermarkCommand::Rules,
        other => return Err(misplaced(other)),
    })
}

fn rule([domain, path, stream]: [String; 3], watermark: u64) -> WatermarkRule {
    WatermarkRule { domain, path, stream, watermark, created_at: UnixMs(0) }
}

/// A picture is put in as large as it is.
fn as_large_as_it_is(read: Read<'_>) -> Result<(), Fault> {
    for field in ["Width", "Height"] {
        if read.params.integer(field)?.is_some_and(|percent| percent != 0) {
            return Err(Fault::NotSupported { field, what: "another size than the picture's own" });
        }
    }
    Ok(())
}
