//! Table `lvb-access`, generated from `tables/lvb-access.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Live video API: the signed access layer, before an action runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LvbAccess {
    /// `4000`: A parameter is missing or malformed.
    InvalidParameter,
    /// `4100`: The credential or the signature could not be verified.
    AuthenticationFailed,
    /// `4200`: The request is older than its validity allows.
    RequestExpired,
    /// `4300`: This credential may not make that call.
    AccessDenied,
    /// `4400`: The request quota is used up.
    RateQuota,
    /// `4500`: The request repeats an earlier one or is dated in the future.
    Replay,
    /// `4600`: The protocol is not supported here.
    UnsupportedProtocol,
    /// `5000`: Nothing of this app has that id.
    ResourceNotFound,
    /// `5100`: The operation failed for every resource named.
    OperationFailed,
    /// `5200`: No capacity is free for this configuration.
    CapacityUnavailable,
    /// `5300`: The balance does not cover this.
    BalanceExhausted,
    /// `5400`: The operation succeeded for some of the resources only.
    PartlyDone,
    /// `5500`: The account is not verified.
    NotVerified,
    /// `6000`: The server failed to carry out the request.
    Internal,
    /// `6100`: This server does not offer that action.
    UnknownAction,
    /// `6200`: The API is under maintenance.
    Maintenance,
}

impl LvbAccess {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<LvbAccess> for &'static Row {
    fn from(code: LvbAccess) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Live video API: the signed access layer, before an action runs",
    "直播 API：签名接入层，在接口动作执行之前",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 16] = [
    Row {
        table: Table::LvbAccess,
        number: 4000,
        symbol: "InvalidParameter",
        official: None,
        source: "004:11",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "A parameter is missing or malformed",
            cause: "A common parameter (Action, Timestamp, Nonce, SecretId, Signature) or one that the action requires is absent or of the wrong type, the body cannot be decoded, or the parameters of a POST were put into the query. A push or play address is refused with it when its application is not `live`, its stream name is not valid, its txTime is no time, or its query cannot be read, has a parameter twice or lacks one that goes with another (tsStart, from). A running push is ended with it when what it sends cannot be read or is over a limit.",
            remedy: "The message names the parameter. Compare its spelling, which is case-sensitive, with the action's page; lists are sent as `name.0`, `name.1`. GET takes everything from the query, POST everything from the body. The log line of the refusal has the parameter in `fault`. For a push or play address the detail names the part; `vivace url push NAME` and `vivace url play NAME` print addresses that are right.",
        },
        zh: Text {
            message: "缺少参数或参数格式不正确",
            cause: "公共参数（Action、Timestamp、Nonce、SecretId、Signature）或该动作的必填参数缺失或类型不对，请求体无法解码，或 POST 请求把参数放进了查询串。推流或播放地址的应用名不是 `live`、流名不合法、txTime 不是时间、查询串无法解析、有重复参数或缺少配套参数（tsStart、from）时，也以此码拒绝。正在进行的推流发送的数据无法解析或超过限制时，也以此码结束。",
            remedy: "提示中给出了参数名。请对照该动作的说明核对拼写（区分大小写）；数组写作 `name.0`、`name.1`。GET 只读查询串，POST 只读请求体。拒绝日志的 `fault` 字段也记有该参数。推流或播放地址被拒时，详情会指出是哪一部分；`vivace url push NAME` 和 `vivace url play NAME` 可打印正确的地址。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4100,
        symbol: "AuthenticationFailed",
        official: None,
        source: "004:12",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The credential or the signature could not be verified",
            cause: "The SecretId is not one of this server's, or the signature does not match what the server computes with the secret key of that SecretId. A push or play address is refused with it when txSecret or txTime is missing, or txSecret does not match the app's push or play key, the stream name and txTime.",
            remedy: "Run `vivace app show` and compare secret_id and secret_key with the client's. If both agree, compare the string to sign: method, host exactly as the client calls it with its port, `/v2/index.php`, and the sorted parameters with their values as they are before URL encoding. A proxy that rewrites the Host header breaks every signature; let it pass the header on. For a push or play address compare md5(key + stream name + txTime) with push_key or play_key of `vivace app show`: pushes and plays have different keys. `vivace url push NAME` and `vivace url play NAME` print addresses that work.",
        },
        zh: Text {
            message: "凭证或签名未能通过验证",
            cause: "SecretId 不属于本服务器，或签名与服务器用该 SecretId 的密钥算出的结果不一致。推流或播放地址缺少 txSecret 或 txTime，或 txSecret 与应用的推流/播放密钥、流名、txTime 不符时，也以此码拒绝。",
            remedy: "运行 `vivace app show`，核对客户端使用的 secret_id 和 secret_key。若一致，再核对待签名串：请求方法、客户端实际访问的主机名（含端口）、`/v2/index.php`、排序后未经 URL 编码的参数。改写 Host 头的反向代理会使所有签名失效，请让它原样转发。推流或播放地址请用 `vivace app show` 中的 push_key 或 play_key 核对 md5(密钥+流名+txTime)：推流与播放的密钥不同。`vivace url push NAME` 和 `vivace url play NAME` 可打印可用的地址。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4200,
        symbol: "RequestExpired",
        official: None,
        source: "004:13",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The request is older than its validity allows",
            cause: "The signature is right, but Timestamp lies more than 7200 seconds before the server's clock. A push or play address is refused with it when its signature is right and its txTime has passed.",
            remedy: "Set the client machine's clock by NTP and sign each request just before it is sent; do not store signed requests. If every client is refused, the server's own clock runs ahead: check it with `timedatectl`. Timestamp is in seconds, UTC. Make a fresh address for each push or play; txTime is its expiry in Unix seconds, in hex.",
        },
        zh: Text {
            message: "请求已超出有效期",
            cause: "签名正确，但 Timestamp 比服务器时钟早 7200 秒以上。推流或播放地址签名正确但 txTime 已过时，也以此码拒绝。",
            remedy: "用 NTP 校准客户端时钟，并在发送前才签名，不要保存已签名的请求。若所有客户端都被拒绝，则是服务器时钟偏快，请用 `timedatectl` 检查。Timestamp 的单位是秒，UTC。请为每次推流或播放生成新地址；txTime 是以十六进制表示的 Unix 过期秒数。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4300,
        symbol: "AccessDenied",
        official: None,
        source: "004:14",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "This credential may not make that call",
            cause: "The signature is right, but the app is blocked, this SecretId is disabled, or the action is not on the list of actions that the SecretId may call. A push or a play is refused with it when the app is blocked or the peer's address is kept out by a black or white list; a push also when its stream is forbidden for a time or its channel is closed.",
            remedy: "Look at the `fault` field of the refusal's log line: it says whether the app, the credential or the action is closed. Open it again in the app's settings, or call with a credential that is allowed the action. For a push or play the detail says which of them it was: start the channel, permit the stream, or change the list with DeleteLVBIpList.",
        },
        zh: Text {
            message: "该凭证无权进行此调用",
            cause: "签名正确，但应用已被封禁、该 SecretId 已停用，或该动作不在此 SecretId 允许调用的范围内。推流或播放被拒绝时，原因是应用已被封禁，或对端地址被黑白名单拦截；推流还可能因为该流在一段时间内被禁推，或其频道已关闭。",
            remedy: "查看拒绝日志的 `fault` 字段，它说明被关闭的是应用、凭证还是动作。请在应用设置中重新开放，或改用允许该动作的凭证。对于推流或播放，详情说明是哪一种：开启频道、恢复该流，或用 DeleteLVBIpList 修改名单。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4400,
        symbol: "RateQuota",
        official: None,
        source: "004:15",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "The request quota is used up",
            cause: "The app has sent more requests of this class within a minute than its quota allows; the default is 100 a minute for actions that only read. A push is refused with it when as many streams are live as `limits.streams_max` allows.",
            remedy: "Ask less often: one list call instead of one call per channel, and callbacks instead of polling. `vivace_refusals_total{table=\"lvb-access\",code=\"4400\"}` shows how much is refused. An operator who finds the load justified raises the app's request quota in the settings. For pushes raise `limits.streams_max`, or end streams that nobody needs; `vivace_streams` shows how many are live.",
        },
        zh: Text {
            message: "请求次数超过配额",
            cause: "该应用一分钟内发出的同类请求超过配额；只读类动作默认每分钟 100 次。直播中的流数达到 `limits.streams_max` 时，推流也以此码拒绝。",
            remedy: "降低请求频率：用一次列表查询代替逐频道查询，用回调代替轮询。`vivace_refusals_total{table=\"lvb-access\",code=\"4400\"}` 显示被拒绝的数量。运维者认为负载合理时，可在设置中调高该应用的请求配额。推流被拒时请调高 `limits.streams_max`，或结束不需要的流；`vivace_streams` 显示直播中的流数。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4500,
        symbol: "Replay",
        official: None,
        source: "004:16",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The request repeats an earlier one or is dated in the future",
            cause: "The same SecretId, Timestamp and Nonce were already used in the last two hours, or Timestamp lies more than 7200 seconds ahead of the server's clock.",
            remedy: "Draw a new random Nonce and sign again for every attempt, retries included. If the log shows each request twice, an HTTP library or a proxy is re-sending on its own: the first copy was executed, so read its reply. If first attempts are refused, set the client's clock.",
        },
        zh: Text {
            message: "请求重复，或时间戳超前",
            cause: "两小时内已用过相同的 SecretId、Timestamp 和 Nonce，或 Timestamp 比服务器时钟超前 7200 秒以上。",
            remedy: "每次发送（包括重试）都要换新的随机 Nonce 并重新签名。若日志中每个请求都出现两次，说明 HTTP 库或代理在自行重发：第一份已经执行，请读取它的结果。若首次请求就被拒绝，请校准客户端时钟。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 4600,
        symbol: "UnsupportedProtocol",
        official: None,
        source: "004:17",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The protocol is not supported here",
            cause: "The signed API was called over plain HTTP on a listener that takes only HTTPS, or with a method other than GET and POST.",
            remedy: "Call the https address, with GET or POST. Where TLS ends at a proxy in front of Vivace, name that proxy as trusted in the settings so that its word on the scheme counts; `vivace check-config` prints what is in force. For trials on one machine plain HTTP can be allowed in the settings.",
        },
        zh: Text {
            message: "此处不支持该协议",
            cause: "以明文 HTTP 访问了只接受 HTTPS 的监听端口上的签名 API，或使用了 GET、POST 以外的方法。",
            remedy: "请使用 https 地址，并用 GET 或 POST。若 TLS 在 Vivace 前面的代理上终止，请在设置中把该代理列为可信，使其声明的协议生效；`vivace check-config` 会打印当前生效的设置。单机试用时可在设置中允许明文 HTTP。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5000,
        symbol: "ResourceNotFound",
        official: None,
        source: "004:18",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "Nothing of this app has that id",
            cause: "An id in the request names nothing that this app owns: it was deleted, it belongs to another app, or it was never given out. Channels, tasks and watermarks have codes of their own.",
            remedy: "Take ids from the latest list call rather than from a stored copy, and sign with the credential of the app that made the resource. The `fault` field of the log line tells a deleted id from one of another app.",
        },
        zh: Text {
            message: "该应用没有此 ID 的资源",
            cause: "请求中的某个 ID 不属于该应用：已被删除、属于其他应用，或从未分配。频道、任务和水印另有各自的错误码。",
            remedy: "ID 请取自最近一次列表查询，不要用本地旧数据，并使用创建该资源的应用的凭证签名。日志的 `fault` 字段可区分已删除的 ID 与其他应用的 ID。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5100,
        symbol: "OperationFailed",
        official: None,
        source: "004:19",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The operation failed for every resource named",
            cause: "A call on several ids, such as StopLVBChannel with three channels, failed for each one of them, or the part that carries out the action refused it.",
            remedy: "Read `detail` in the reply: it has one code per id, and `vivace explain lvb-video/<code>` tells each one's cause. Correct those and call again for the ids that failed.",
        },
        zh: Text {
            message: "所列资源全部操作失败",
            cause: "对多个 ID 的调用（例如用 StopLVBChannel 关闭三个频道）逐个全部失败，或执行该动作的部件拒绝了它。",
            remedy: "查看应答中的 `detail`，其中每个 ID 各有一个错误码，用 `vivace explain lvb-video/<错误码>` 查看原因。逐个处理后对失败的 ID 重新调用。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5200,
        symbol: "CapacityUnavailable",
        official: None,
        source: "004:20",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "No capacity is free for this configuration",
            cause: "The channel or task asks for something that this server has no free slot for, such as one more source to pull than limits.channel_pulls_max, or an outputRate that needs one more transcoder than the settings allow.",
            remedy: "Stop channels or tasks that hold slots, or leave out the additional rate. If the machine has CPU to spare, raise the number of transcoder slots in the settings; `vivace bench` shows what the machine carries.",
        },
        zh: Text {
            message: "没有可用于该配置的空闲容量",
            cause: "频道或任务所需的资源在本服务器上已无空位，例如拉流的频道数已达 limits.channel_pulls_max，或某个 outputRate 需要的转码路数超出了设置的上限。",
            remedy: "停止占用转码路数的频道或任务，或去掉多余的码率。若机器 CPU 尚有余量，可在设置中调高转码路数；`vivace bench` 可测出机器的承载能力。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5300,
        symbol: "BalanceExhausted",
        official: None,
        source: "004:21",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The balance does not cover this",
            cause: "The operator has given this app a prepaid allowance, and it is used up, so that a new channel, recording or transcoding is refused. Apps without an allowance are never refused for this.",
            remedy: "The operator raises or removes the app's allowance in its settings. The log line of the refusal has the app and what was asked for.",
        },
        zh: Text {
            message: "额度已用完，无法执行",
            cause: "运维者为该应用设了预付额度且已用完，因此不能再新建频道、录制或转码。未设额度的应用不会因此被拒绝。",
            remedy: "由运维者在应用设置中调高或取消额度。拒绝日志记有应用及其请求的内容。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5400,
        symbol: "PartlyDone",
        official: None,
        source: "004:22",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The operation succeeded for some of the resources only",
            cause: "A call on several ids, such as StartLVBChannel or DeleteLVBChannel with a list, went through for at least one id and failed for at least one.",
            remedy: "Read `detail` in the reply: the ids with code 0 are done, the others carry their own code. Call again with the failed ids only, after correcting what `vivace explain lvb-video/<code>` says.",
        },
        zh: Text {
            message: "仅部分资源操作成功",
            cause: "对多个 ID 的调用（例如带列表的 StartLVBChannel 或 DeleteLVBChannel）至少一个成功、至少一个失败。",
            remedy: "查看应答中的 `detail`：code 为 0 的 ID 已完成，其余各带错误码。按 `vivace explain lvb-video/<错误码>` 的说明处理后，只对失败的 ID 重新调用。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 5500,
        symbol: "NotVerified",
        official: None,
        source: "004:23",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The account is not verified",
            cause: "The settings demand that an app be marked as verified before it may create anything, and this app is not marked.",
            remedy: "The operator marks the app as verified after whatever check the house requires, or switches the demand off in the settings. Reading and stopping what exists works meanwhile.",
        },
        zh: Text {
            message: "账号资质未通过审核",
            cause: "设置要求应用须先标记为已审核才能创建资源，而该应用尚未标记。",
            remedy: "由运维者完成内部审核后把该应用标记为已审核，或在设置中关闭此项要求。在此期间仍可查询和停止已有资源。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 6000,
        symbol: "Internal",
        official: None,
        source: "004:24",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The server failed to carry out the request",
            cause: "The server met a condition that it has no other answer for, most often a store that cannot be written: disk full, data folder read-only, database locked by another process.",
            remedy: "Find the log line with the request id of the reply; `fault` holds the error in full. Check free space and permissions of the data folder, and that no second server uses it. `vivace_refusals_total{table=\"lvb-access\",code=\"6000\"}` should be an alert.",
        },
        zh: Text {
            message: "服务器未能完成该请求",
            cause: "服务器遇到没有其他应答可用的情况，最常见的是存储不可写：磁盘已满、数据目录只读、数据库被另一进程锁住。",
            remedy: "用应答中的请求 ID 找到对应日志，`fault` 字段有完整的错误。检查数据目录的剩余空间和权限，并确认没有第二个服务器在使用它。建议对 `vivace_refusals_total{table=\"lvb-access\",code=\"6000\"}` 设置告警。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 6100,
        symbol: "UnknownAction",
        official: None,
        source: "004:25",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This server does not offer that action",
            cause: "Action names nothing that the module of this host offers: it is misspelt, belongs to another module such as vod, or is one of the actions that Vivace leaves out.",
            remedy: "Check the host first, then the action's spelling. The `fault` field of the log line has the action and the module that it was looked for in; the documentation lists every action that is offered.",
        },
        zh: Text {
            message: "本服务器不提供该接口",
            cause: "Action 不在此主机名对应的模块中：拼写有误、属于其他模块（如 vod），或是 Vivace 未提供的动作。",
            remedy: "先核对主机名，再核对 Action 的拼写。日志的 `fault` 字段记有动作名和所查的模块；文档列出了提供的全部动作。",
        },
    },
    Row {
        table: Table::LvbAccess,
        number: 6200,
        symbol: "Maintenance",
        official: None,
        source: "004:26",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "The API is under maintenance",
            cause: "The operator has switched the whole API, or this one action, to maintenance. Streams that are live are not touched by it. While the server is shutting down, pushes and plays are refused with it and running pushes are ended with it.",
            remedy: "Wait and try again. If the work is over, the operator takes the maintenance switch out of the settings; `vivace check-config` shows whether it is still set. A push or play that met a shutdown is simply tried again when the server is back.",
        },
        zh: Text {
            message: "接口维护中",
            cause: "运维者已把整个 API 或该动作切换到维护状态。正在进行的直播不受影响。服务器正在关闭时，推流和播放也以此码拒绝，正在进行的推流也以此码结束。",
            remedy: "请稍后重试。若维护已结束，运维者应在设置中取消维护开关；`vivace check-config` 可查看它是否仍处于打开状态。若在服务器关闭时被拒，待服务器恢复后重试即可。",
        },
    },
];
