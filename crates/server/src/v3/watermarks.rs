use serde_json::{Value, json};
use vivace_base::AppId;
use vivace_domain::watermark::WatermarkRule;
use vivace_gate::{Caller as Who, NewWatermark, WatermarkFault};
use vivace_lvb::v3::{Fault, Form, WatermarkCommand, utc};
use vivace_store::Watermark;

use super::{Fields, fields};
use crate::shared::Shared;

pub(super) async fn execute(
    shared: &Shared,
    (app, who): (AppId, &Who),
    command: WatermarkCommand,
) -> Result<Fields, Fault> {
    let channels = &shared.channels;
    match command {
        WatermarkCommand::Add { name, picture, x, y } => {
            let made = channels.create_watermark(app, who, &NewWatermark { name, picture, x, y }).await?;
            Ok(fields([("WatermarkId", made.id.into())]))
        }
        WatermarkCommand::Update { id, name, picture, x, y } => {
            let Watermark { name: old_name, picture: old_picture, x: old_x, y: old_y, .. } =
                one(shared, app, id).await?;
            let changed = NewWatermark {
                name: name.unwrap_or(old_name),
                picture: picture.unwrap_or(old_picture),
                x: x.unwrap_or(old_x),
                y: y.unwrap_or(old_y),
            };
            channels.change_watermark(app, who, id, &changed).await?;
            Ok(Fields::new())
        }
        WatermarkCommand::Delete(id) => {
            channels.delete_watermark(app, who, id).await?;
            Ok(Fields::new())
        }
        WatermarkCommand::Describe(id) => Ok(fields([("Watermark", shown(&one(shared, app, id).await?))])),
        WatermarkCommand::List => {
            let limit = u32::try_from(shared.limits.get().watermarks_per_app_max).unwrap_or(u32::MAX);
            let found = channels.watermarks(app, 0, limit).await?;
            let list: Vec<Value> = found.iter().map(shown).collect();
            Ok(fields([("TotalNum", list.len().into()), ("WatermarkList", list.into())]))
        }
        WatermarkCommand::CreateRule(rule) => {
            channels.create_watermark_rule(app, who, rule).await?;
            Ok(Fields::new())
        }
        WatermarkCommand::DeleteRule(rule) => {
            channels.delete_watermark_rule(app, who, rule).await?;
            Ok(Fields::new())
        }
        WatermarkCommand::Rules => {
            let form = Form::Zone { ahead_min: i64::try_from(shared.config().lvb_utc_offset_min).unwrap_or_default() };
            let found = channels.watermark_rules(app).await?;
            Ok(fields([("Rules", found.iter().map(|one| shown_rule(one, form)).collect())]))
        }
    }
}

async fn one(shared: &Shared, app: AppId, id: u64) -> Result<Watermark, Fault> {
    let found = shared.channels.watermarks(app, id.saturating_sub(1), 1).await?;
    Ok(found.into_iter().find(|one| one.id == id).ok_or(WatermarkFault::Unknown)?)
}

fn shown_rule(rule: &WatermarkRule, form: Form) -> Value {
    json!({
        "CreateTime": form.write(rule.created_at),
        "UpdateTime": form.write(rule.created_at),
        "TemplateId": rule.watermark,
        "DomainName": rule.domain,
        "AppName": rule.path,
        "StreamName": rule.stream,
    })
}

fn shown(watermark: &Watermark) -> Value {
    json!({
        "WatermarkId": watermark.id,
        "PictureUrl": watermark.picture,
        "Status": 0,
        "WatermarkName": watermark.name,
        "CreateTime": utc(watermark.created_at),
        "XPosition": watermark.x,
        "YPosition": watermark.y,
        "Width": 0,
        "Height": 0,
    })
}
