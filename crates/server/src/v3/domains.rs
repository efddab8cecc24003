use serde_json::{Value, json};
use vivace_base::AppId;
use vivace_domain::host::{Host, HostFault};
use vivace_domain::ip_list::Direction;
use vivace_gate::Caller as Who;
use vivace_lvb::v3::{DomainCommand, Fault, Form};

use super::{Fields, cut, fields};
use crate::Auth;
use crate::shared::Shared;

pub(super) async fn execute(
    shared: &Shared,
    (app, who): (AppId, &Who),
    command: DomainCommand,
) -> Result<Fields, Fault> {
    let channels = &shared.channels;
    match command {
        DomainCommand::Add { name, direction, play_type } => {
            channels.add_host(app, who, (name, direction, play_type)).await?;
        }
        DomainCommand::Delete { name, direction } => channels.remove_host(app, who, &name, direction).await?,
        DomainCommand::Enable { name, enabled } => channels.enable_host(app, who, &name, enabled).await?,
        DomainCommand::Describe(name) => {
            return Ok(fields([("DomainInfo", shown(shared, &channels.host(app, &name)?))]));
        }
        DomainCommand::List { enabled, direction, prefix, play_type, page } => {
            let meant = |host: &Host| {
                enabled.is_none_or(|enabled| host.enabled == enabled)
                    && direction.is_none_or(|direction| host.direction == direction)
                    && play_type.is_none_or(|kind| host.direction == Direction::Play && host.play_type == kind)
                    && host.name.as_str().starts_with(&prefix)
            };
            let all = channels.hosts(app);
            let left = shared.limits.get().domains_max.saturating_sub(all.len() as u64);
            let of =
                |kind| all.iter().filter(|host| host.direction == Direction::Play && host.play_type == kind).count();
            let counts = [of(1), of(2), of(3)];
            let (found, total) = cut(all.into_iter().filter(meant).collect(), page);
            return Ok(fields([
                ("AllCount", total.into()),
                ("DomainList", found.iter().map(|host| shown(shared, host)).collect()),
                ("CreateLimitCount", left.into()),
                ("PlayTypeCount", json!(counts)),
            ]));
        }
        DomainCommand::Keys { name, direction } => {
            host_of(channels.host(app, &name)?, direction)?;
            return Ok(keys(shared, app, name.as_str(), direction));
        }
        DomainCommand::ModifyKeys { name, direction, change } => {
            host_of(channels.host(app, &name)?, direction)?;
            shared.operator.set_url_auth(who, direction, change).await?;
        }
    }
    Ok(Fields::new())
}

fn host_of(host: Host, direction: Direction) -> Result<(), HostFault> {
    if host.direction == direction { Ok(()) } else { Err(HostFault::Unknown) }
}

/// The keys are the app's: all its domains of a direction have them.
fn keys(shared: &Shared, app: AppId, name: &str, direction: Direction) -> Fields {
    let auth = shared.gate.standing().url_auth(app, direction);
    let (keys, config) = (&shared.gate.app().keys, shared.config());
    let by_settings = |set: Auth| set == Auth::Signed;
    match direction {
        Direction::Push => {
            let enabled = auth.enabled.unwrap_or_else(|| by_settings(config.push_auth));
            let info = json!({
                "DomainName": name,
                "Enable": u8::from(enabled),
                "MasterAuthKey": keys.push_key.reveal(),
                "BackupAuthKey": keys.push_key_backup.reveal(),
                "AuthDelta": auth.delta_s,
            });
            fields([("PushAuthKeyInfo", info)])
        }
        Direction::Play => {
            let enabled = auth.enabled.unwrap_or_else(|| by_settings(config.play_auth));
            let info = json!({
                "DomainName": name,
                "Enable": u8::from(enabled),
                "AuthKey": keys.play_key.reveal(),
                "AuthBackKey": keys.play_key_backup.reveal(),
                "AuthDelta": auth.delta_s,
            });
            fields([("PlayAuthKeyInfo", info)])
        }
    }
}

fn shown(shared: &Shared, host: &Host) -> Value {
    let ahead_min = i64::try_from(shared.config().lvb_utc_offset_min).unwrap_or_default();
    json!({
        "Name": host.name.as_str(),
        "Type": u8::from(host.direction == Direction::Play),
        "Status": u8::from(host.enabled),
        "CreateTime": Form::Zone { ahead_min }.write(host.created_at),
        "BCName": 0,
        "TargetDomain": "",
        "PlayType": host.play_type,
        "IsDelayLive": 0,
        "CurrentCName": "",
        "RentTag": 0,
        "RentExpireTime": "",
        "IsMiniProgramLive": 0,
    })
}
