//! Table `lvb-video`, generated from `tables/lvb-video.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Live video API: channels, sources, recordings and screenshots, behind the access layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LvbVideo {
    /// `1000`: A parameter's value is out of range.
    ValueOutOfRange,
    /// `1001`: The account could not be read.
    AccountUnreadable,
    /// `1002`: No app stands behind this credential.
    UserNotFound,
    /// `1003`: The appid or bizid is not that of this credential.
    AccountMismatch,
    /// `3000`: A node or the store did not answer in time.
    Network,
    /// `4001`: The JSON does not parse.
    InvalidJson,
    /// `20100`: The channel could not be created.
    CreateFailed,
    /// `20101`: The number of channels is at its limit.
    ChannelQuota,
    /// `20102`: The channel's information could not be read.
    ReadFailed,
    /// `20103`: The channel could not be modified.
    ModifyFailed,
    /// `20104`: The list of channels could not be read.
    ListFailed,
    /// `20105`: The channel could not be deleted.
    DeleteFailed,
    /// `20106`: The channel could not be closed.
    StopFailed,
    /// `20107`: The channel could not be enabled.
    StartFailed,
    /// `20108`: The channel cannot be edited now.
    NotEditable,
    /// `20109`: The channel is not closed.
    NotClosed,
    /// `20111`: The channel has no source.
    NoSource,
    /// `20112`: The source's type and address do not fit.
    SourceProtocol,
    /// `20113`: The output type is not one of 1, 2 and 3.
    ReceiverProtocol,
    /// `20114`: A part that this action needs is not active.
    FeatureInactive,
    /// `20200`: The pull address of the new channel is empty.
    CreatePullAddressEmpty,
    /// `20201`: The source's information could not be obtained.
    SourceUnreadable,
    /// `20202`: The source could not be created.
    SourceCreateFailed,
    /// `20203`: The source could not be deleted.
    SourceDeleteFailed,
    /// `20204`: The new pull address of the source is empty.
    ModifyPullAddressEmpty,
    /// `20250`: No list entry was given.
    ListEmpty,
    /// `20251`: The channel has no such black or white list.
    ListNotFound,
    /// `20252`: The black and white lists could not be read.
    ListUnreadable,
    /// `20253`: The number of list entries is over its limit.
    ListQuota,
    /// `20300`: The channel's status could not be changed.
    StatusChangeFailed,
    /// `20301`: No channel of this app has that id.
    ChannelNotFound,
    /// `20320`: The recording task could not be created.
    RecordCreateFailed,
    /// `20321`: The recording tasks could not be read.
    RecordListFailed,
    /// `20322`: The recording task overlaps another one.
    RecordTimeConflict,
    /// `20323`: The start or end time is not valid.
    RecordTimesInvalid,
    /// `20326`: The recording task could not be modified.
    RecordModifyFailed,
    /// `20327`: No recording task of this channel has that id.
    RecordTaskNotFound,
    /// `20328`: No screenshot task of this channel has that id.
    ShotTaskNotFound,
    /// `20500`: No watermark of this app has that id.
    WatermarkNotFound,
}

impl LvbVideo {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<LvbVideo> for &'static Row {
    fn from(code: LvbVideo) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Live video API: channels, sources, recordings and screenshots, behind the access layer",
    "直播 API：频道、直播源、录制与截图，位于接入层之后",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 39] = [
    Row {
        table: Table::LvbVideo,
        number: 1000,
        symbol: "ValueOutOfRange",
        official: None,
        source: "004:32",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "A parameter's value is out of range",
            cause: "The parameter is there and of the right type, but its value is not allowed: pageNo below 1, count outside 1 to 100, ascDesc other than 0 and 1, an empty channelName. In a push or play address it is a parameter such as `start` with a value other than `fast` and `live`.",
            remedy: "The message names the parameter; compare it with the range on the action's page. The `fault` field of the log line has the value that came. In an address leave the parameter out, or give it one of its values.",
        },
        zh: Text {
            message: "参数取值超出范围",
            cause: "参数存在且类型正确，但取值不允许：pageNo 小于 1、count 不在 1 到 100 之间、ascDesc 不是 0 或 1、channelName 为空。在推流或播放地址中，指 `start` 等参数的值不是 `fast` 或 `live`。",
            remedy: "提示中给出了参数名，请对照该动作说明中的取值范围。日志的 `fault` 字段记有收到的值。在地址中去掉该参数，或使用允许的取值。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 1001,
        symbol: "AccountUnreadable",
        official: None,
        source: "004:33",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The account could not be read",
            cause: "The SecretId and the signature are right, but the record of the app that it belongs to could not be read from the store at that moment.",
            remedy: "Check the disk and the permissions of the data folder, or the database's address where one is used; `fault` in the log line holds the store's error. If `vivace app show` prints the app, the trouble is over and the call can be repeated.",
        },
        zh: Text {
            message: "无法读取账号信息",
            cause: "SecretId 和签名都正确，但当时无法从存储中读出其所属应用的记录。",
            remedy: "检查磁盘和数据目录权限；使用外部数据库时检查其地址。日志的 `fault` 字段有存储的错误。若 `vivace app show` 能打印该应用，说明故障已过，可重新调用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 1002,
        symbol: "UserNotFound",
        official: None,
        source: "004:34",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "No app stands behind this credential",
            cause: "The credential is still known, but the app that it belonged to has been removed.",
            remedy: "Sign with the credential of an app that exists; `vivace app show` prints it. If the app was removed by mistake, restore the data folder from a backup; if not, withdraw the orphaned credential.",
        },
        zh: Text {
            message: "该凭证没有对应的应用",
            cause: "凭证仍然有效，但其所属的应用已被删除。",
            remedy: "请改用现存应用的凭证签名，`vivace app show` 可打印出来。若应用是误删的，请从备份恢复数据目录；否则应停用这个无主的凭证。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 1003,
        symbol: "AccountMismatch",
        official: None,
        source: "004:35",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The appid or bizid is not that of this credential",
            cause: "An appid or bizid in the request is not a number, or is not that of the app whose credential signed the request. In a push or play address it is a bizid other than the app's.",
            remedy: "Compare appid and bizid with the output of `vivace app show`. An id left over from the former cloud account is the usual reason after a move: either change it in the client, or give the app the old ids in the settings. `vivace url push NAME` prints an address with the right bizid; without the parameter none is compared.",
        },
        zh: Text {
            message: "appid 或 bizid 与凭证不符",
            cause: "请求中的 appid 或 bizid 不是数字，或不属于签名凭证所在的应用。在推流或播放地址中，指 bizid 不是该应用的。",
            remedy: "请与 `vivace app show` 输出的 appid、bizid 核对。迁移之后最常见的原因是沿用了原云账号的 ID：可修改客户端，也可在设置中让应用使用原来的 ID。`vivace url push NAME` 打印带正确 bizid 的地址；不带该参数则不核对。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 3000,
        symbol: "Network",
        official: None,
        source: "004:36",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "A node or the store did not answer in time",
            cause: "The part that answers the API asked the node that holds the stream, or the store, and had no reply within the time limit. StopLVBChannel answers it when the session of the channel's publisher does not end in time: the channel is closed and its stream is cut all the same.",
            remedy: "The `fault` field of the log line names the hop and its address. Check that the node runs and can be reached from this one, and that the store answers; a busy machine shows as a rising count of `vivace_refusals_total{table=\"lvb-video\",code=\"3000\"}`.",
        },
        zh: Text {
            message: "节点或存储未及时应答",
            cause: "应答 API 的部件向持有该流的节点或存储发出请求，在时限内没有得到回应。StopLVBChannel 时，若频道推流端的会话未能及时结束也返回此码：频道已关闭，流也已断开。",
            remedy: "日志的 `fault` 字段写有是哪一跳及其地址。确认该节点在运行且从本机可达，存储可以应答；机器过载时 `vivace_refusals_total{table=\"lvb-video\",code=\"3000\"}` 会持续上升。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 4001,
        symbol: "InvalidJson",
        official: None,
        source: "004:37",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The JSON does not parse",
            cause: "The JSON body of the call, or a parameter whose value is JSON text, is not well-formed or is nested deeper than the limit.",
            remedy: "Have the client's JSON library write it instead of joining strings, and send it as UTF-8. `fault` in the log line has the position of the first error.",
        },
        zh: Text {
            message: "JSON 无法解析",
            cause: "调用的 JSON 请求体，或值为 JSON 文本的参数，格式不正确，或嵌套层数超过上限。",
            remedy: "请用 JSON 库生成内容而不要拼接字符串，并以 UTF-8 发送。日志的 `fault` 字段记有第一处错误的位置。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20100,
        symbol: "CreateFailed",
        official: None,
        source: "004:38",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The channel could not be created",
            cause: "CreateLVBChannel was in order, but the channel could not be stored or no stream name could be allotted for it. Nothing was created.",
            remedy: "Check free space and permissions of the data folder; `fault` in the log line holds the store's error. Then call again.",
        },
        zh: Text {
            message: "频道未能创建",
            cause: "CreateLVBChannel 的请求没有问题，但频道无法写入存储，或无法为其分配流名。没有创建任何内容。",
            remedy: "检查数据目录的剩余空间和权限，日志的 `fault` 字段有存储的错误。排除后重新调用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20101,
        symbol: "ChannelQuota",
        official: None,
        source: "004:39",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The number of channels is at its limit",
            cause: "CreateLVBChannel was called while the app already has as many channels as its quota allows, 5 unless changed. Channels without a live stream count too.",
            remedy: "List the channels with DescribeLVBChannelList, then stop and delete those no longer used. An operator raises the app's channel quota in the settings and proves the file with `vivace check-config`.",
        },
        zh: Text {
            message: "频道数已达上限",
            cause: "调用 CreateLVBChannel 时，该应用的频道数已达配额（默认 5 个）。没有直播流的频道也计算在内。",
            remedy: "用 DescribeLVBChannelList 列出频道，关闭并删除不再使用的。运维者可在设置中调高该应用的频道配额，并用 `vivace check-config` 检查设置文件。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20102,
        symbol: "ReadFailed",
        official: None,
        source: "004:40",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The channel's information could not be read",
            cause: "DescribeLVBChannel found the channel's id valid, but reading its record from the store failed. A push to a channel's address is refused with it when the channel could not be read.",
            remedy: "`fault` in the log line holds the store's error; check the disk under the data folder, or that the database can be reached. The call can be repeated without harm.",
        },
        zh: Text {
            message: "无法读取频道信息",
            cause: "DescribeLVBChannel 的频道 ID 有效，但从存储读取其记录失败。向频道地址推流时，若无法读取该频道，也以此码拒绝。",
            remedy: "日志的 `fault` 字段有存储的错误；检查数据目录所在磁盘，或数据库是否可达。重复调用没有副作用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20103,
        symbol: "ModifyFailed",
        official: None,
        source: "004:41",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The channel could not be modified",
            cause: "ModifyLVBChannel was allowed, but the change could not be written to the store, or another call changed the same channel at the same moment. The channel is as before.",
            remedy: "Read the channel again and repeat the change. If it keeps failing, `fault` in the log line tells a conflict from a store that cannot be written; for the latter check free space and permissions of the data folder.",
        },
        zh: Text {
            message: "频道未能修改",
            cause: "ModifyLVBChannel 允许执行，但修改未能写入存储，或另一调用同时修改了同一频道。频道保持原样。",
            remedy: "重新读取频道信息后再次修改。若持续失败，日志的 `fault` 字段可区分冲突与存储不可写；后者请检查数据目录的剩余空间和权限。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20104,
        symbol: "ListFailed",
        official: None,
        source: "004:42",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The list of channels could not be read",
            cause: "DescribeLVBChannelList was in order, but the query on the store failed.",
            remedy: "`fault` in the log line holds the store's error; check the disk under the data folder, or that the database can be reached. The call can be repeated without harm.",
        },
        zh: Text {
            message: "无法读取频道列表",
            cause: "DescribeLVBChannelList 的请求没有问题，但对存储的查询失败。",
            remedy: "日志的 `fault` 字段有存储的错误；检查数据目录所在磁盘，或数据库是否可达。重复调用没有副作用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20105,
        symbol: "DeleteFailed",
        official: None,
        source: "004:43",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The channel could not be deleted",
            cause: "DeleteLVBChannel was called on a closed channel, but its record could not be removed, for instance because a recording of it is still being finished. The channel still exists.",
            remedy: "Stop the channel's recording and screenshot tasks and call again. If none runs, `fault` in the log line holds the store's error: check free space and permissions of the data folder.",
        },
        zh: Text {
            message: "频道未能删除",
            cause: "DeleteLVBChannel 的频道已关闭，但其记录未能删除，例如它的录制任务还在收尾。频道仍然存在。",
            remedy: "先停止该频道的录制和截图任务，再重新调用。若没有任务在运行，日志的 `fault` 字段有存储的错误，请检查数据目录的剩余空间和权限。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20106,
        symbol: "StopFailed",
        official: None,
        source: "004:44",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel could not be closed",
            cause: "StopLVBChannel was called on a channel that is closed already, or the stream that is live on it could not be cut off.",
            remedy: "Ask DescribeLVBChannel: status 3 means that the channel is closed and nothing is left to do. With any other status find the log line by `stream`; its `fault` says why the stream's node did not cut it, and the call can be repeated.",
        },
        zh: Text {
            message: "频道未能关闭",
            cause: "StopLVBChannel 的频道已经关闭，或频道上正在直播的流未能断开。",
            remedy: "用 DescribeLVBChannel 查询：状态为 3 表示已关闭，无需再处理。若是其他状态，请按 `stream` 字段找到日志，`fault` 字段说明该流所在节点未能断开的原因，之后可重新调用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20107,
        symbol: "StartFailed",
        official: None,
        source: "004:45",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel could not be enabled",
            cause: "StartLVBChannel was called on a channel that is not closed, or the puller of a channel that pulls its source could not be started.",
            remedy: "Ask DescribeLVBChannel: a status other than 3 means that the channel is enabled and nothing is left to do. With status 3 check that the source's address can be reached from the server; `fault` in the log line of that `stream` has the puller's error.",
        },
        zh: Text {
            message: "频道未能开启",
            cause: "StartLVBChannel 的频道并未关闭，或拉流频道的拉流未能启动。",
            remedy: "用 DescribeLVBChannel 查询：状态不是 3 表示频道已开启，无需再处理。状态为 3 时，检查服务器能否访问直播源地址；该 `stream` 的日志中 `fault` 字段有拉流的错误。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20108,
        symbol: "NotEditable",
        official: None,
        source: "004:46",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel cannot be edited now",
            cause: "ModifyLVBChannel or ModifyLVBUpstream would change the source, the output, the rates or the watermark of a channel that is live. Name and description can be changed at any time. A push is refused with it when another publisher holds the stream name, or was lost a moment ago and may come back.",
            remedy: "Wait until the stream ends, or call StopLVBChannel first; then change the channel and call StartLVBChannel. For a push choose another name, or wait until the other publisher has ended and `limits.publish_grace_ms` have passed; the page lists who publishes.",
        },
        zh: Text {
            message: "频道当前不可编辑",
            cause: "ModifyLVBChannel 或 ModifyLVBUpstream 要修改正在直播的频道的直播源、输出、码率或水印。名称和描述随时可改。流名已被其他推流者占用，或其刚断开仍可能回来时，推流也以此码拒绝。",
            remedy: "等直播结束，或先调用 StopLVBChannel，修改后再调用 StartLVBChannel。推流被拒时请换一个流名，或等对方结束且 `limits.publish_grace_ms` 过后再推；页面列出了当前推流者。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20109,
        symbol: "NotClosed",
        official: None,
        source: "004:47",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel is not closed",
            cause: "DeleteLVBChannel was called on a channel whose status is not 3. Only a closed channel can be deleted, so that no live stream is lost by a slip.",
            remedy: "Call StopLVBChannel with the same channelId, then DeleteLVBChannel again. Stopping cuts off whoever is pushing; DescribeLVBChannel shows whether somebody is.",
        },
        zh: Text {
            message: "频道未处于关闭状态",
            cause: "DeleteLVBChannel 的频道状态不是 3。只有已关闭的频道才能删除，以免误删正在直播的频道。",
            remedy: "先用同一 channelId 调用 StopLVBChannel，再调用 DeleteLVBChannel。关闭会断开正在推流的一方；是否有人在推流可用 DescribeLVBChannel 查看。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20111,
        symbol: "NoSource",
        official: None,
        source: "004:48",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel has no source",
            cause: "CreateLVBChannel came with an empty sourceList, or StartLVBChannel, CreateRecord or CreateLVBShot named a channel that has no source. A play is refused with it when nobody publishes under the stream name.",
            remedy: "Give sourceList one entry with name and type, as `sourceList.0.name` and `sourceList.0.type`. For a channel that lost its source set one with ModifyLVBUpstream; DescribeLVBChannel shows it under upstream_list. For a play begin the push first: `vivace url push NAME`; `vivace_streams` and the page show what is live. Names are case-sensitive.",
        },
        zh: Text {
            message: "频道没有直播源",
            cause: "CreateLVBChannel 的 sourceList 为空，或 StartLVBChannel、CreateRecord、CreateLVBShot 指定的频道没有直播源。该流名没有人推流时，播放也以此码拒绝。",
            remedy: "sourceList 应有一项，含 name 和 type，写作 `sourceList.0.name`、`sourceList.0.type`。已失去直播源的频道请用 ModifyLVBUpstream 设置；DescribeLVBChannel 的 upstream_list 可查看。播放被拒时请先推流：`vivace url push NAME`；`vivace_streams` 和页面显示正在直播的流。流名区分大小写。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20112,
        symbol: "SourceProtocol",
        official: None,
        source: "004:49",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The source's type and address do not fit",
            cause: "The type of a source is not 1 (RTMP push), 2 (RTMP pull) or 3 (HLS pull), or its address does not fit the type: rtmp:// for 2, an http or https address of an .m3u8 for 3. A running push is ended with it when it sends a codec that is not carried. A push to a channel whose stream is pulled is refused with it.",
            remedy: "Correct the type or the address in CreateLVBChannel or ModifyLVBUpstream. `fault` in the log line has the type and the address's scheme. Set the encoder to H.264 or HEVC video and AAC or MP3 audio; the detail names the codec that came.",
        },
        zh: Text {
            message: "直播源的类型与地址不符",
            cause: "直播源类型不是 1（RTMP 推流）、2（RTMP 拉流）或 3（HLS 拉流），或地址与类型不符：类型 2 应为 rtmp://，类型 3 应为 http 或 https 的 .m3u8 地址。正在进行的推流发送了不支持的编码时，也以此码结束。向拉流频道推流也以此码拒绝。",
            remedy: "请在 CreateLVBChannel 或 ModifyLVBUpstream 中改正类型或地址。日志的 `fault` 字段记有类型和地址的协议。请把编码器设为 H.264 或 HEVC 视频、AAC 或 MP3 音频；详情中给出了收到的编码。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20113,
        symbol: "ReceiverProtocol",
        official: None,
        source: "004:50",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The output type is not one of 1, 2 and 3",
            cause: "outputSourceType in CreateLVBChannel or ModifyLVBChannel is not 1 (RTMP and FLV), 2 (HLS) or 3 (both). A play over HTTP is refused with it when its address asks for a format that is not served, and one over RTMP, FLV or fragmented MP4 when it asks for the past of the stream (txTimeshift, from or to), which only HLS carries; and one with another sound (`_aac`, `_opus`) of a stream that has none.",
            remedy: "Send 3 unless players of one kind are to be shut out. `fault` in the log line has the value that came. For a play end the address in .flv, .mp4 or .m3u8, for the past in .m3u8, and compare the stream's codecs with `vivace formats`.",
        },
        zh: Text {
            message: "输出类型不是 1、2、3 之一",
            cause: "CreateLVBChannel 或 ModifyLVBChannel 的 outputSourceType 不是 1（RTMP 与 FLV）、2（HLS）或 3（两者）。HTTP 播放地址要求的格式不提供，或以 RTMP、FLV、分片 MP4 播放的地址要求时移（txTimeshift、from 或 to，仅 HLS 支持），或对没有声音的流要求另一种音频（`_aac`、`_opus`）时，也以此码拒绝。",
            remedy: "除非要排除某一类播放端，否则请填 3。日志的 `fault` 字段记有收到的值。播放地址请以 .flv、.mp4 或 .m3u8 结尾（时移请用 .m3u8），并用 `vivace formats` 核对该流的编码。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20114,
        symbol: "FeatureInactive",
        official: None,
        source: "004:51",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "A part that this action needs is not active",
            cause: "The action needs a part that is switched off for this app or could not be started: live video itself, the recording store, screenshots, or the queue that their messages are read from; or FFmpeg, which output rates, sounds, watermarks and screenshots take. A play of a live stream at a rate (`_550`, `_900`), or with a sound (`_aac`, `_opus`) that is switched on, is refused with it where that is not produced.",
            remedy: "`fault` in the log line names the part. The operator switches it on in the app's settings and checks that it has what it needs, such as a recording folder that can be written; `vivace check-config` and `vivace doctor` report what is missing.",
        },
        zh: Text {
            message: "该动作所需的部件未启用",
            cause: "该动作所需的部件未对此应用开启，或未能启动：直播本身、录制存储、截图，或读取其消息的队列；或者缺少 FFmpeg（输出码率、音频转换、水印与截图都需要它）。播放正在直播但未产出的码率（`_550`、`_900`），或已启用但未产出的音频（`_aac`、`_opus`）时，也以此码拒绝。",
            remedy: "日志的 `fault` 字段写有是哪个部件。运维者应在应用设置中开启它，并确认其条件具备（例如录制目录可写）；`vivace check-config` 会报告缺少什么。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20200,
        symbol: "CreatePullAddressEmpty",
        official: None,
        source: "004:52",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The pull address of the new channel is empty",
            cause: "CreateLVBChannel named a source of type 2 or 3, which Vivace is to pull, without an address.",
            remedy: "Add `sourceList.0.address` with the full address to pull from, or use type 1 if the source pushes by itself.",
        },
        zh: Text {
            message: "新建频道的拉流地址为空",
            cause: "CreateLVBChannel 的直播源类型为 2 或 3（由 Vivace 拉流），却没有给出地址。",
            remedy: "请加上 `sourceList.0.address`，填写完整的拉流地址；若由直播源自行推流，请使用类型 1。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20201,
        symbol: "SourceUnreadable",
        official: None,
        source: "004:53",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The source's information could not be obtained",
            cause: "ModifyLVBUpstream names a sourceId that the channel does not have, or the channel's source could not be read from the store.",
            remedy: "Take sourceID from upstream_list in the reply of DescribeLVBChannel. If it is the right one, `fault` in the log line holds the store's error: check the disk under the data folder.",
        },
        zh: Text {
            message: "无法获取直播源信息",
            cause: "ModifyLVBUpstream 的 sourceId 不属于该频道，或无法从存储读取该频道的直播源。",
            remedy: "sourceID 请取自 DescribeLVBChannel 应答中的 upstream_list。若 ID 正确，日志的 `fault` 字段有存储的错误，请检查数据目录所在磁盘。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20202,
        symbol: "SourceCreateFailed",
        official: None,
        source: "004:54",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The source could not be created",
            cause: "sourceList holds more than the one source that a channel can have, or the source could not be stored.",
            remedy: "Send exactly one source; a second camera gets a channel of its own. If only one was sent, `fault` in the log line holds the store's error: check free space and permissions of the data folder.",
        },
        zh: Text {
            message: "直播源未能创建",
            cause: "sourceList 多于一项（一个频道只能有一个直播源），或直播源无法写入存储。",
            remedy: "只发送一个直播源，第二路摄像头请另建频道。若只发送了一个，日志的 `fault` 字段有存储的错误，请检查数据目录的剩余空间和权限。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20203,
        symbol: "SourceDeleteFailed",
        official: None,
        source: "004:55",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The source could not be deleted",
            cause: "Replacing a channel's source with ModifyLVBUpstream, or removing it with its channel, failed because the old source could not be taken out of the store or its puller did not stop.",
            remedy: "Repeat the call. If it fails again, `fault` in the log line says whether the store or the puller of that `stream` is in the way; for the store check free space and permissions of the data folder.",
        },
        zh: Text {
            message: "直播源未能删除",
            cause: "用 ModifyLVBUpstream 更换频道的直播源，或随频道删除直播源时，旧直播源无法从存储中删除，或其拉流未能停止。",
            remedy: "请重新调用。若仍失败，日志的 `fault` 字段说明问题在存储还是该 `stream` 的拉流；若在存储，请检查数据目录的剩余空间和权限。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20204,
        symbol: "ModifyPullAddressEmpty",
        official: None,
        source: "004:56",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The new pull address of the source is empty",
            cause: "ModifyLVBUpstream changes a source to type 2 or 3, which Vivace is to pull, or keeps such a type, and sourceAddress is empty.",
            remedy: "Send sourceAddress with the full address to pull from, or change sourceType to 1 if the source pushes by itself.",
        },
        zh: Text {
            message: "直播源的新拉流地址为空",
            cause: "ModifyLVBUpstream 把直播源改为或保持类型 2、3（由 Vivace 拉流），而 sourceAddress 为空。",
            remedy: "请填写 sourceAddress 为完整的拉流地址；若由直播源自行推流，请把 sourceType 改为 1。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20250,
        symbol: "ListEmpty",
        official: None,
        source: "004:57",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "No list entry was given",
            cause: "A call that sets or deletes entries of a black or white list came without any entry.",
            remedy: "Send at least one entry. To have no list at all, delete the list instead of setting an empty one.",
        },
        zh: Text {
            message: "没有给出名单条目",
            cause: "设置或删除黑白名单条目的调用没有带任何条目。",
            remedy: "请至少发送一个条目。若要完全取消名单，请删除名单，而不是设置空名单。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20251,
        symbol: "ListNotFound",
        official: None,
        source: "004:58",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel has no such black or white list",
            cause: "A call reads, changes or deletes the black or white list of a direction (push or play) that has none, or takes off an entry that is not on it.",
            remedy: "Ask DescribeLVBIpList which lists there are and what is on them. Without a list everybody pushes and plays who has a valid address.",
        },
        zh: Text {
            message: "该频道没有此黑白名单",
            cause: "调用读取、修改或删除黑白名单，但该方向（推流或播放）没有名单，或要删除的条目不在名单中。",
            remedy: "先用 DescribeLVBIpList 查询有哪些名单及其条目。没有名单时，任何持有效地址的一方都可以推流和播放。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20252,
        symbol: "ListUnreadable",
        official: None,
        source: "004:59",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The black and white lists could not be read",
            cause: "Reading the lists of addresses from the store failed. Pushes and plays go on by the lists as they were last known.",
            remedy: "`fault` in the log line holds the store's error; check the disk under the data folder, or that the database can be reached, and repeat the call.",
        },
        zh: Text {
            message: "无法读取黑白名单",
            cause: "从存储读取地址名单失败。推流和播放继续按最后已知的名单判断。",
            remedy: "日志的 `fault` 字段有存储的错误；检查数据目录所在磁盘，或数据库是否可达，然后重新调用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20253,
        symbol: "ListQuota",
        official: None,
        source: "004:60",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The number of list entries is over its limit",
            cause: "With the entries of this call the black or white list would hold more than the limit, 100 unless changed. The list is as before.",
            remedy: "Delete entries that are no longer needed, or name an address range instead of single addresses. An operator can raise the limit of list entries in the settings.",
        },
        zh: Text {
            message: "名单条目数超过上限",
            cause: "加上本次条目后，黑名单或白名单会超过上限（默认 100 条）。名单保持原样。",
            remedy: "删除不再需要的条目，或用地址段代替单个地址。运维者可在设置中调高名单条目上限。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20300,
        symbol: "StatusChangeFailed",
        official: None,
        source: "004:61",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel's status could not be changed",
            cause: "Live_Channel_SetStatus came with a status other than 0, 1 and 2, or the new status of StartLVBChannel or StopLVBChannel could not be written to the store.",
            remedy: "Send 0 to forbid, 1 to allow, 2 to cut off once. If the value was one of these, `fault` in the log line holds the store's error: check free space and permissions of the data folder, then call again.",
        },
        zh: Text {
            message: "频道状态未能修改",
            cause: "Live_Channel_SetStatus 的状态值不是 0、1、2，或 StartLVBChannel、StopLVBChannel 的新状态无法写入存储。",
            remedy: "0 表示禁止，1 表示允许，2 表示断开一次。若取值无误，日志的 `fault` 字段有存储的错误，请检查数据目录的剩余空间和权限后重新调用。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20301,
        symbol: "ChannelNotFound",
        official: None,
        source: "004:62",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "No channel of this app has that id",
            cause: "The channelId was never given out, was deleted, or belongs to another app. In channel mode a push to a stream name without a channel is refused for the same reason.",
            remedy: "Take the id, as text and with all its digits, from the reply of CreateLVBChannel or DescribeLVBChannelList: read as a floating-point number it loses its last digits. For a refused push compare the stream name with the channel's upstream address.",
        },
        zh: Text {
            message: "该应用没有此 ID 的频道",
            cause: "channelId 从未分配、已被删除，或属于其他应用。频道模式下，向没有频道的流名推流也因此被拒绝。",
            remedy: "ID 请按文本完整取自 CreateLVBChannel 或 DescribeLVBChannelList 的应答：按浮点数读取会丢失末尾数字。推流被拒绝时，请核对流名与频道的上行地址。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20320,
        symbol: "RecordCreateFailed",
        official: None,
        source: "004:63",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The recording task could not be created",
            cause: "CreateRecord was in order, but the task could not be stored or the recorder did not take it, or the app has as many unfinished tasks as its limit allows.",
            remedy: "List the tasks with DescribeRecordList and delete those no longer wanted. If there are few, check that the recording folder exists, can be written and has free space; `fault` in the log line says which it is.",
        },
        zh: Text {
            message: "录制任务未能创建",
            cause: "CreateRecord 的请求没有问题，但任务无法写入存储、录制器未能接受，或该应用未完成的任务数已达上限。",
            remedy: "用 DescribeRecordList 列出任务，删除不再需要的。若任务不多，请检查录制目录是否存在、可写、有剩余空间；日志的 `fault` 字段说明是哪一种。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20321,
        symbol: "RecordListFailed",
        official: None,
        source: "004:64",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The recording tasks could not be read",
            cause: "DescribeRecordList, DescribeRecord or GetVodRecordFiles was in order, but the tasks or the index of their files could not be read.",
            remedy: "`fault` in the log line holds the error; check the disk under the data folder and under the recording folder. The call can be repeated without harm, and no recording is lost by it.",
        },
        zh: Text {
            message: "无法读取录制任务",
            cause: "DescribeRecordList、DescribeRecord 或 GetVodRecordFiles 的请求没有问题，但任务或其文件索引无法读取。",
            remedy: "日志的 `fault` 字段有具体错误；检查数据目录和录制目录所在磁盘。重复调用没有副作用，也不会丢失录像。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20322,
        symbol: "RecordTimeConflict",
        official: None,
        source: "004:65",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The recording task overlaps another one",
            cause: "CreateRecord asks for a time span that overlaps an unfinished recording task of the same channel.",
            remedy: "DescribeRecordList shows the spans of the channel's tasks. Choose a span beside them, or stop the other task with StopRecord first.",
        },
        zh: Text {
            message: "录制任务与另一任务时间重叠",
            cause: "CreateRecord 的时间段与同一频道未完成的录制任务重叠。",
            remedy: "用 DescribeRecordList 查看该频道各任务的时间段，选择不重叠的时间，或先用 StopRecord 停止另一任务。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20323,
        symbol: "RecordTimesInvalid",
        official: None,
        source: "004:66",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The start or end time is not valid",
            cause: "A time does not read as `YYYY-MM-DD hh:mm:ss`, the end is not after the start, the start is less than two minutes ahead, or a span of Live_Tape_Start is longer than 30 minutes. Screenshot tasks follow the same rules.",
            remedy: "Mind the time zone: times without a zone are read in the zone of the settings, UTC+8 unless changed. Leave startTime out to begin as early as possible, or set tapeType 1 to begin at once. `fault` in the log line has both times as they were understood.",
        },
        zh: Text {
            message: "起始时间或结束时间不合法",
            cause: "时间不是 `YYYY-MM-DD hh:mm:ss` 格式、结束时间不晚于起始时间、起始时间距现在不足两分钟，或 Live_Tape_Start 的时间段超过 30 分钟。截图任务适用同样的规则。",
            remedy: "注意时区：不带时区的时间按设置中的时区理解，默认 UTC+8。省略 startTime 可尽早开始，tapeType 设为 1 可立即开始。日志的 `fault` 字段记有服务器理解的两个时间。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20326,
        symbol: "RecordModifyFailed",
        official: None,
        source: "004:67",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The recording task could not be modified",
            cause: "StopRecord named a task that is finished already, DeleteRecord one that is still running, or the change could not be written to the store.",
            remedy: "DescribeRecordList shows the task's status. Delete a running task only after StopRecord; a finished one needs no stopping. If the status allows the call, `fault` in the log line holds the store's error.",
        },
        zh: Text {
            message: "录制任务未能修改",
            cause: "StopRecord 的任务已经结束，DeleteRecord 的任务仍在运行，或修改无法写入存储。",
            remedy: "用 DescribeRecordList 查看任务状态。运行中的任务须先 StopRecord 再删除；已结束的任务无需停止。若状态允许该操作，日志的 `fault` 字段有存储的错误。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20327,
        symbol: "RecordTaskNotFound",
        official: None,
        source: "004:68",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "No recording task of this channel has that id",
            cause: "StopRecord, DeleteRecord or DescribeRecord names a taskId that the channel does not have: it was deleted, belongs to another channel, or is a screenshot task.",
            remedy: "Take the id from the reply of CreateRecord or from DescribeRecordList of the same channel. Files of a deleted task are still found with GetVodRecordFiles.",
        },
        zh: Text {
            message: "该频道没有此 ID 的录制任务",
            cause: "StopRecord、DeleteRecord 或 DescribeRecord 的 taskId 不属于该频道：已被删除、属于其他频道，或是截图任务。",
            remedy: "ID 请取自 CreateRecord 的应答或同一频道的 DescribeRecordList。已删除任务的文件仍可用 GetVodRecordFiles 查到。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20328,
        symbol: "ShotTaskNotFound",
        official: None,
        source: "004:69",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "No screenshot task of this channel has that id",
            cause: "StopLVBShot or DeleteLVBShot names a taskId that the channel does not have: it was deleted, belongs to another channel, or is a recording task.",
            remedy: "Take the id from the reply of CreateLVBShot or from DescribeLVBShotList of the same channel.",
        },
        zh: Text {
            message: "该频道没有此 ID 的截图任务",
            cause: "StopLVBShot 或 DeleteLVBShot 的 taskId 不属于该频道：已被删除、属于其他频道，或是录制任务。",
            remedy: "ID 请取自 CreateLVBShot 的应答或同一频道的 DescribeLVBShotList。",
        },
    },
    Row {
        table: Table::LvbVideo,
        number: 20500,
        symbol: "WatermarkNotFound",
        official: None,
        source: "004:70",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "No watermark of this app has that id",
            cause: "CreateLVBChannel or ModifyLVBChannel names a watermarkId, or CreateLiveWatermarkRule a TemplateId, that this app does not have, such as one from the former cloud account.",
            remedy: "Upload the picture as a watermark of this app and use the id that it is given, or leave watermarkId out for a channel without one.",
        },
        zh: Text {
            message: "该应用没有此 ID 的水印",
            cause: "CreateLVBChannel 或 ModifyLVBChannel 的 watermarkId，或 CreateLiveWatermarkRule 的 TemplateId 不属于该应用，例如沿用了原云账号的水印。",
            remedy: "请把图片上传为该应用的水印并使用分配的 ID；频道不需要水印时可省略 watermarkId。",
        },
    },
];
