//! Who may call the LVB-code API, now: the app, how long the call is good, its stamp, and then what every API asks for.

use std::sync::Arc;

use thiserror::Error;
use vivace_domain::account::CredentialRights;
use vivace_domain::api_sign::verify_stamp;
use vivace_store::FIRST_APP;

use super::{Access, AccessFault, Tenant};

/// What the key of the app may call: all of it.
const ALL: CredentialRights = CredentialRights { enabled: true, actions: None };

/// A call that is signed by `md5(key + t)`, as a face has read it; nothing in it has been believed yet.
#[derive(Clone, Copy, Debug)]
pub struct StampedCall<'a> {
    /// The app's number, `appid` or `cmd`.
    pub appid: &'a str,
    /// Until when the call is good, in Unix seconds; as the text that is signed.
    pub t: &'a str,
    /// The stamp.
    pub sign: &'a str,
    /// The interface, by its name on the wire.
    pub interface: &'a str,
    /// Whether it only reads.
    pub is_query: bool,
}

/// Why a stamped call is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StampFault {
    /// There is no such app.
    #[error("appid is invalid")]
    AppUnknown,
    /// `t` is missing, or no number of seconds.
    #[error("t is not a Unix time in seconds")]
    TimeMalformed,
    /// The call was good until a time that is over.
    #[error("t is over")]
    Expired,
    /// The stamp is not that of the app's key.
    #[error("sign is wrong")]
    SignatureWrong,
    /// Refused as any call is.
    #[error(transparent)]
    Access(#[from] AccessFault),
}

impl Access {
    /// Decides about a stamped call. A stamp is good until its time for as many calls as there are: what it signs is the
    /// time alone.
    ///
    /// # Errors
    /// [`StampFault`]: the first check that fails.
    pub async fn admit_stamped(&self, call: &StampedCall<'_>) -> Result<Arc<Tenant>, StampFault> {
        let tenant = self.tenant(FIRST_APP).await.map_err(AccessFault::Account)?.ok_or(StampFault::AppUnknown)?;
        if call.appid.parse() != Ok(tenant.app.keys.appid) {
            return Err(StampFault::AppUnknown);
        }
        let t: u64 = call.t.parse().map_err(|_| StampFault::TimeMalformed)?;
        let now = self.clock.unix();
        let now_s = u64::try_from(now.0.div_euclid(1_000)).unwrap_or_default();
        if t < now_s {
            return Err(StampFault::Expired);
        }
        if !verify_stamp(&tenant.app.keys.api_key, call.t, call.sign) {
            return Err(StampFault::SignatureWrong);
        }
        self.admit_action(call.interface).await?;
        tenant.account.admit(&ALL, call.interface).map_err(AccessFault::Account)?;
        self.take_rate(tenant.app.id, call.is_query, now)?;
        Ok(tenant)
    }
}
