//! What decides about pushes and plays beside names and keys, in memory: the account, the lists of addresses, and the
//! rules of streams. It is changed after each commit, so that no push or play reads the store for it.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use parking_lot::RwLock;
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::account::Account;
use vivace_domain::host::{Host, HostName, UrlAuth};
use vivace_domain::ip_list::{Direction, IpList, ListRefusal};
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_domain::rule::StreamRule;
use vivace_domain::watermark::WatermarkRule;
use vivace_store::{FIRST_APP, Fault, Reader};

/// The standing of everybody.
#[derive(Default)]
pub struct Standing {
    accounts: RwLock<HashMap<AppId, Account>>,
    lists: RwLock<HashMap<(AppId, Direction), Arc<IpList>>>,
    rules: RwLock<HashMap<(AppId, StreamName), Arc<StreamRule>>>,
    hosts: RwLock<BTreeMap<(AppId, HostName), Host>>,
    auths: RwLock<HashMap<(AppId, Direction), UrlAuth>>,
    /// Which streams carry a watermark that is not their channel's.
    watermark_rules: RwLock<HashMap<AppId, Vec<WatermarkRule>>>,
    /// Counts what has been closed: a push that was looked at before is looked at again.
    closings: AtomicU64,
}

impl Standing {
    /// What the store says of the account, of lists and of rules.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn load(reader: &Reader) -> Result<Self, Fault> {
        let lists = reader.ip_lists().await?.into_iter().map(|kept| ((kept.app, kept.direction), Arc::new(kept.list)));
        let rules = reader.rules().await?.into_iter().map(|kept| ((kept.app, kept.stream), Arc::new(kept.rule)));
        let account = reader.account(FIRST_APP).await?.map(|account| (FIRST_APP, account));
        let hosts = reader.hosts().await?.into_iter().map(|(app, host)| ((app, host.name.clone()), host));
        let auths = reader.url_auths().await?.into_iter().collect();
        let mut watermark_rules: HashMap<AppId, Vec<WatermarkRule>> = HashMap::new();
        for (app, rule) in reader.watermark_rules(None).await? {
            watermark_rules.entry(app).or_default().push(rule);
        }
        Ok(Self {
            accounts: RwLock::new(account.into_iter().collect()),
            lists: RwLock::new(lists.collect()),
            rules: RwLock::new(rules.collect()),
            hosts: RwLock::new(hosts.collect()),
            auths: RwLock::new(auths),
            watermark_rules: RwLock::new(watermark_rules),
            closings: AtomicU64::new(0),
        })
    }

    /// An account as it is from now on.
    pub fn set_account(&self, app: AppId, account: Account) {
        self.accounts.write().insert(app, account);
    }

    /// Something has been closed, deleted or forbidden, and what is live of it is about to be cut.
    pub(crate) fn closes(&self) {
        self.closings.fetch_add(1, SeqCst);
    }

    /// How often [`closes`](Self::closes) was called.
    pub(crate) fn closings(&self) -> u64 {
        self.closings.load(SeqCst)
    }

    /// A list as it is from now on; none takes it away.
    pub(crate) fn set_list(&self, app: AppId, direction: Direction, list: Option<IpList>) {
        let mut lists = self.lists.write();
        match list {
            Some(list) => lists.insert((app, direction), Arc::new(list)),
            None => lists.remove(&(app, direction)),
        };
    }

    /// A rule as it is from now on; an empty one takes it away.
    pub(crate) fn set_rule(&self, app: AppId, stream: &StreamName, rule: StreamRule) {
        let mut rules = self.rules.write();
        if rule.is_empty() {
            rules.remove(&(app, stream.clone()));
        } else {
            rules.insert((app, stream.clone()), Arc::new(rule));
        }
    }

    /// A host name as it is from now on; none takes it away.
    pub(crate) fn set_host(&self, app: AppId, name: &HostName, host: Option<Host>) {
        let (mut hosts, key) = (self.hosts.write(), (app, name.clone()));
        match host {
            Some(host) => hosts.insert(key, host),
            None => hosts.remove(&key),
        };
    }

    /// A host name.
    pub fn host(&self, app: AppId, name: &HostName) -> Option<Host> {
        self.hosts.read().get(&(app, name.clone())).cloned()
    }

    /// An app's host names, by name.
    pub fn hosts(&self, app: AppId) -> Vec<Host> {
        let hosts = self.hosts.read();
        hosts.iter().filter(|((owner, _), _)| *owner == app).map(|(_, host)| host.clone()).collect()
    }

    /// How addresses of a direction are signed, beside their keys.
    pub fn url_auth(&self, app: AppId, direction: Direction) -> UrlAuth {
        self.auths.read().get(&(app, direction)).copied().unwrap_or_default()
    }

    /// How they are from now on.
    pub(crate) fn set_url_auth(&self, app: AppId, direction: Direction, auth: UrlAuth) {
        self.auths.write().insert((app, direction), auth);
    }

    /// An app's rules of watermarks as they are from now on.
    pub(crate) fn set_watermark_rules(&self, app: AppId, rules: Vec<WatermarkRule>) {
        self.watermark_rules.write().insert(app, rules);
    }

    /// The number of the watermark that a rule gives to a stream which comes to a path by a host name, perhaps with a port.
    pub(crate) fn ruled_watermark(&self, app: AppId, authority: &str, path: &str, stream: &StreamName) -> Option<u64> {
        let rules = self.watermark_rules.read();
        let rules = rules.get(&app).filter(|rules| !rules.is_empty())?;
        let host = HostName::of_authority(authority);
        let host = host.as_ref().map_or("", HostName::as_str);
        WatermarkRule::closest(rules, host, path, stream.as_str()).map(|rule| rule.watermark)
    }

    /// Whether streams may come, or go, by a host name: all that are not the app's own, and those that are enabled.
    pub(crate) fn admit_host(&self, app: AppId, authority: &str, direction: Direction) -> Result<(), ()> {
        if self.hosts.read().is_empty() {
            return Ok(());
        }
        let host = HostName::of_authority(authority).and_then(|name| self.host(app, &name));
        match host {
            Some(host) if host.direction == direction && !host.enabled => Err(()),
            _ => Ok(()),
        }
    }

    /// The list of a direction.
    pub fn list(&self, app: AppId, direction: Direction) -> Option<Arc<IpList>> {
        self.lists.read().get(&(app, direction)).cloned()
    }

    /// The rule of a stream.
    pub fn rule(&self, app: AppId, stream: &StreamName) -> Option<Arc<StreamRule>> {
        self.rules.read().get(&(app, stream.clone())).cloned()
    }

    /// The streams that may not be pushed now, by name, and until when.
    pub fn forbidden(&self, app: AppId, now: UnixMs) -> Vec<(StreamName, UnixMs)> {
        let rules = self.rules.read();
        let of = rules.iter().filter(|((owner, _), _)| *owner == app);
        let mut streams: Vec<_> =
            of.filter_map(|((_, name), rule)| Some((name.clone(), rule.forbidden(now)?.until))).collect();
        streams.sort();
        streams
    }

    /// The streams with a delay, over or not.
    pub(crate) fn delayed(&self) -> Vec<(AppId, StreamName)> {
        let rules = self.rules.read();
        rules.iter().filter(|(_, rule)| rule.delay.is_some()).map(|(key, _)| key.clone()).collect()
    }

    /// Takes out the rules whose time is over; the streams that they were about.
    pub(crate) fn expire(&self, now: UnixMs) -> Vec<(AppId, StreamName)> {
        if !self.rules.read().values().any(|rule| rule.is_over(now)) {
            return Vec::new();
        }
        let mut over = Vec::new();
        self.rules.write().retain(|key, rule| {
            let keep = !rule.is_over(now);
            if !keep {
                over.push(key.clone());
            }
            keep
        });
        over
    }

    /// Whether a peer may push to a stream.
    pub(crate) fn admit_push(
        &self,
        app: AppId,
        stream: &StreamName,
        peer: IpAddr,
        now: UnixMs,
    ) -> Result<(), PublishFault> {
        if self.is_blocked(app) {
            return Err(PublishFault::AccountBlocked);
        }
        self.admit(app, Direction::Push, peer).map_err(|refusal| match refusal {
            ListRefusal::Blacklisted => PublishFault::Blacklisted,
            ListRefusal::NotWhitelisted => PublishFault::NotWhitelisted,
        })?;
        self.admit_stream(app, stream, now)
    }

    /// Whether a stream may be live.
    pub(crate) fn admit_stream(&self, app: AppId, stream: &StreamName, now: UnixMs) -> Result<(), PublishFault> {
        match self.rule(app, stream).as_deref().and_then(|rule| rule.forbidden(now)) {
            Some(forbid) => Err(PublishFault::StreamForbidden { left_ms: forbid.until.0.abs_diff(now.0) }),
            None => Ok(()),
        }
    }

    /// Whether a peer may play.
    pub(crate) fn admit_play(&self, app: AppId, peer: IpAddr) -> Result<(), PlayFault> {
        if self.is_blocked(app) {
            return Err(PlayFault::AccountBlocked);
        }
        self.admit(app, Direction::Play, peer).map_err(|refusal| match refusal {
            ListRefusal::Blacklisted => PlayFault::Blacklisted,
            ListRefusal::NotWhitelisted => PlayFault::NotWhitelisted,
        })
    }

    /// How far players of a stream are behind.
    pub(crate) fn delay_ms(&self, app: AppId, stream: &StreamName, now: UnixMs) -> u64 {
        self.rule(app, stream).map_or(0, |rule| rule.delay_ms(now))
    }

    fn is_blocked(&self, app: AppId) -> bool {
        self.accounts.read().get(&app).is_some_and(|account| account.blocked || account.deleted)
    }

    fn admit(&self, app: AppId, direction: Direction, peer: IpAddr) -> Result<(), ListRefusal> {
        match self.list(app, direction) {
            Some(list) => list.admit(mapped(peer).octets()),
            None => Ok(()),
        }
    }
}

/// IPv4 in its IPv6-mapped form, so that one peer is one owner by whichever listener it comes.
pub(crate) fn mapped(peer: IpAddr) -> Ipv6Addr {
    match peer {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}
