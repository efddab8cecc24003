use vivace_base::Secret;
use vivace_domain::host::AuthChange;
use vivace_domain::ip_list::Direction;

use super::{Read, misplaced};
use crate::v3::params::{missing, out_of_range};
use crate::v3::{Action, DomainCommand, Fault};

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<DomainCommand, Fault> {
    let params = read.params;
    let keys = |direction, key, backup| -> Result<DomainCommand, Fault> {
        let secret = |name| Ok::<_, Fault>(params.text(name)?.map(|key| Secret::new(key.to_owned())));
        let delta_s = params.integer("AuthDelta")?;
        let delta_s = delta_s.map(|delta_s| u64::try_from(delta_s).map_err(|_| out_of_range("AuthDelta", "0 or more")));
        let change = AuthChange {
            enabled: params.switch("Enable")?,
            key: secret(key)?,
            backup: secret(backup)?,
            delta_s: delta_s.transpose()?,
        };
        Ok(DomainCommand::ModifyKeys { name: read.host()?, direction, change })
    };
    Ok(match action {
        Action::AddLiveDomain => {
            for name in ["IsDelayLive", "IsMiniProgramLive"] {
                if params.switch(name)? == Some(true) {
                    let field = if name == "IsDelayLive" { "IsDelayLive" } else { "IsMiniProgramLive" };
                    return Err(Fault::NotSupported { field, what: "a domain of this kind" });
                }
            }
            DomainCommand::Add {
                name: read.host()?,
                direction: direction(read)?.ok_or_else(|| missing("DomainType"))?,
                play_type: play_type(read)?.unwrap_or(1),
            }
        }
        Action::DeleteLiveDomain => DomainCommand::Delete {
            name: read.host()?,
            direction: direction(read)?.ok_or_else(|| missing("DomainType"))?,
        },
        Action::EnableLiveDomain => DomainCommand::Enable { name: read.host()?, enabled: true },
        Action::ForbidLiveDomain => DomainCommand::Enable { name: read.host()?, enabled: false },
        Action::DescribeLiveDomain => DomainCommand::Describe(read.host()?),
        Action::DescribeLiveDomains => DomainCommand::List {
            enabled: params.switch("DomainStatus")?,
            direction: direction(read)?,
            prefix: read.owned("DomainPrefix")?.to_ascii_lowercase(),
            play_type: play_type(read)?,
            page: read.page(20, 100)?,
        },
        Action::DescribeLivePushAuthKey => DomainCommand::Keys { name: read.host()?, direction: Direction::Push },
        Action::DescribeLivePlayAuthKey => DomainCommand::Keys { name: read.host()?, direction: Direction::Play },
        Action::ModifyLivePushAuthKey => keys(Direction::Push, "MasterAuthKey", "BackupAuthKey")?,
        Action::ModifyLivePlayAuthKey => keys(Direction::Play, "AuthKey", "AuthBackKey")?,
        other => return Err(misplaced(other)),
    })
}

fn direction(read: Read<'_>) -> Result<Option<Direction>, Fault> {
    let play = read.params.integer_in("DomainType", 0..=1, "0 (push) or 1 (play)")?;
    Ok(play.map(|play| if play == 0 { Direction::Push } else { Direction::Play }))
}

fn play_type(read: Read<'_>) -> Result<Option<u8>, Fault> {
    let given = read.params.integer_in("PlayType", 1..=3, "1 to 3")?;
    Ok(given.and_then(|given| u8::try_from(given).ok()))
}
