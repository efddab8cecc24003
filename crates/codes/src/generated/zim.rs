//! Table `zim`, generated from `tables/zim.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// ZIM in-app chat (1.x numbering): client SDK calls for login, messages and rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zim {
    /// `0`: The request succeeded.
    Ok,
    /// `1`: The request failed.
    Unclassified,
    /// `6000001`: An argument of the call is not valid.
    InvalidArgument,
    /// `6000002`: The SDK instance does not exist.
    NotInitialized,
    /// `6000003`: The server received too many requests.
    ServerRateLimited,
    /// `6000004`: The AppID is unknown or not in use.
    AppIdInvalid,
    /// `6000005`: The SDK was called too often.
    SdkRateLimited,
    /// `6000010`: The log upload failed.
    LogUploadFailed,
    /// `6000101`: Login was refused: the token does not belong to this AppID.
    LoginTokenRefused,
    /// `6000102`: Login failed because of an error inside the server.
    LoginInternal,
    /// `6000103`: The token is not valid.
    TokenInvalid,
    /// `6000104`: The server cannot be reached for login.
    LoginNetwork,
    /// `6000106`: The token has expired.
    TokenExpired,
    /// `6000107`: The token is of another version.
    TokenVersion,
    /// `6000111`: This instance is already logged in.
    AlreadyLoggedIn,
    /// `6000121`: The user is not logged in.
    NotLoggedIn,
    /// `6000201`: The message was not sent.
    SendFailed,
    /// `6000202`: The message was not sent because of an error inside the server.
    SendInternal,
    /// `6000204`: The message was not sent because the connection was lost.
    SendNetwork,
    /// `6000205`: The user is not a member of this room.
    NotRoomMember,
    /// `6000301`: The room does not exist.
    RoomMissing,
    /// `6000302`: The room operation failed because of an error inside the server.
    RoomInternal,
    /// `6000303`: The room was not created.
    CreateRoomFailed,
    /// `6000304`: The room to join does not exist.
    JoinRoomMissing,
    /// `6000305`: The user could not leave the room.
    LeaveRoomFailed,
    /// `6000311`: A room with this ID already exists.
    RoomExists,
    /// `6000312`: The app has reached its limit of rooms.
    AppRoomLimit,
    /// `6000321`: The user is already in the highest permitted number of rooms.
    UserRoomLimit,
}

impl Zim {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<Zim> for &'static Row {
    fn from(code: Zim) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "ZIM in-app chat (1.x numbering): client SDK calls for login, messages and rooms",
    "ZIM 即时通讯（1.x 编号）：客户端 SDK 的登录、消息与房间调用",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 28] = [
    Row {
        table: Table::Zim,
        number: 0,
        symbol: "Ok",
        official: None,
        source: "002:5",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The request succeeded",
            cause: "The call passed every check and its effect has been applied; this is not a fault.",
            remedy: "Nothing has to be done. If the expected event still does not arrive, follow the call by its `session` field in the log.",
        },
        zh: Text {
            message: "请求已成功执行",
            cause: "调用通过了全部检查并已生效，这不是错误。",
            remedy: "无需处理。如果仍未收到预期的事件，请在日志中按 `session` 字段跟踪该调用。",
        },
    },
    Row {
        table: Table::Zim,
        number: 1,
        symbol: "Unclassified",
        official: None,
        source: "002:6",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The request failed",
            cause: "The server ended the call with a failure for which this table has no more precise row. It should be rare; a rising count points to a defect or an unexpected state of the server.",
            remedy: "Find the log line of the `session` and read its `fault` field, which names the real failure. Set an alarm on the count of this code in `vivace_refusals_total`.",
        },
        zh: Text {
            message: "请求执行失败",
            cause: "服务器以某种失败结束了该调用，而本表中没有更精确的错误码与之对应。该码应当极少出现；数量上升说明服务器存在缺陷或处于异常状态。",
            remedy: "按 `session` 找到对应日志行，查看 `fault` 字段中的真实原因；并对 `vivace_refusals_total` 中该错误码的计数设置告警。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000001,
        symbol: "InvalidArgument",
        official: None,
        source: "002:7",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "An argument of the call is not valid",
            cause: "An argument is empty, too long, outside its range or contains characters that are not allowed: for example a userID over 32 bytes, a room name over 64 bytes, a blank message, a peer message to oneself, or a list count of zero. The SDK checks first and the server checks again.",
            remedy: "Correct the argument in the app; the `fault` field of the log line names which one was refused and why. Compare user and room IDs with the permitted characters and lengths.",
        },
        zh: Text {
            message: "调用参数无效",
            cause: "某个参数为空、过长、超出范围或含有不允许的字符，例如 userID 超过 32 字节、房间名超过 64 字节、消息为空白、给自己发单聊消息、列表数量为 0。SDK 先检查一次，服务器会再检查一次。",
            remedy: "在应用中修正该参数；日志行的 `fault` 字段会指出被拒绝的参数及原因。请核对用户 ID 和房间 ID 的允许字符与长度。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000002,
        symbol: "NotInitialized",
        official: None,
        source: "002:8",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The SDK instance does not exist",
            cause: "The app called a method before `create`, or after `destroy`. The SDK decides this on the device and nothing reaches the server.",
            remedy: "Call `create` once at start-up, keep the instance, and check that no code path uses it after `destroy`. Only the app's own log shows this code.",
        },
        zh: Text {
            message: "SDK 实例不存在",
            cause: "应用在 `create` 之前或 `destroy` 之后调用了实例方法。该判断由 SDK 在设备上完成，请求不会到达服务器。",
            remedy: "启动时调用一次 `create` 并保存实例，检查是否有代码在 `destroy` 之后仍在使用它。此错误码只出现在应用自己的日志中。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000003,
        symbol: "ServerRateLimited",
        official: None,
        source: "002:9",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 1 },
        en: Text {
            message: "The server received too many requests",
            cause: "The server's rate limit for this user, this room or the whole app was used up when the call arrived. The call had no effect.",
            remedy: "Let the app send less often and back off before it repeats. The `fault` and `room` fields of the log line tell which limit was met; if the traffic is legitimate, raise that limit in the configuration and watch this code in `vivace_refusals_total`.",
        },
        zh: Text {
            message: "服务器收到的请求过多",
            cause: "请求到达时，该用户、该房间或整个应用在服务器上的频率额度已用完，本次调用没有生效。",
            remedy: "让应用降低发送频率，并在退避后再重试。日志行的 `fault` 和 `room` 字段说明触发了哪一项限制；若流量合理，请在配置中调高该限制，并观察 `vivace_refusals_total` 中该错误码的变化。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000004,
        symbol: "AppIdInvalid",
        official: None,
        source: "002:10",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The AppID is unknown or not in use",
            cause: "The AppID given at `create` or `login` belongs to no app of this server, or that app is disabled or has expired.",
            remedy: "Run `vivace app show` and put the printed `zim_app_id` into the client. If the value is right, check that the client connects to this server and not to another one, and that the app is enabled.",
        },
        zh: Text {
            message: "AppID 不存在或不可用",
            cause: "`create` 或 `login` 时传入的 AppID 不属于本服务器上的任何应用，或者该应用已停用、已过期。",
            remedy: "运行 `vivace app show`，将输出的 `zim_app_id` 填入客户端。若数值正确，请确认客户端连接的是这台服务器，且该应用处于启用状态。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000005,
        symbol: "SdkRateLimited",
        official: None,
        source: "002:11",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 1 },
        en: Text {
            message: "The SDK was called too often",
            cause: "The app sent messages or queries faster than the SDK's own limit allows, such as 10 text messages a second. The SDK refuses on the device without asking the server.",
            remedy: "Space the calls out or join several small messages into one. Nothing is written to the server log, so measure the call rate in the app.",
        },
        zh: Text {
            message: "SDK 调用过于频繁",
            cause: "应用发送消息或查询的速度超过了 SDK 自身的限制（例如文本消息每秒 10 条）。SDK 直接在设备上拒绝，不会询问服务器。",
            remedy: "拉开调用间隔，或把多条小消息合并为一条。服务器日志中不会有记录，请在应用侧统计调用频率。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000010,
        symbol: "LogUploadFailed",
        official: None,
        source: "002:12",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 600 },
        en: Text {
            message: "The log upload failed",
            cause: "The server refused the log files of `uploadLog`, for example because the body is larger than the limit for uploads, or could not write them to disk, or the connection broke during the transfer.",
            remedy: "Look at the log line of the `session`: its `fault` field tells refusal from write failure. Check free space and permissions of the data folder, and the body limits of the server and of any proxy in front of it.",
        },
        zh: Text {
            message: "日志上传失败",
            cause: "服务器拒绝了 `uploadLog` 的日志文件（例如请求体大于上传限制），或无法写入磁盘，或传输过程中连接中断。",
            remedy: "查看该 `session` 的日志行，`fault` 字段可区分是拒绝还是写入失败。检查数据目录的剩余空间与权限，以及服务器和前置代理的请求体大小限制。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000101,
        symbol: "LoginTokenRefused",
        official: None,
        source: "002:13",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "Login was refused: the token does not belong to this AppID",
            cause: "At `login` the token cannot be decrypted with the secret of the given AppID, or the app ID inside it is another one. Usually the business server signs with another app's secret, or the client carries an old AppID.",
            remedy: "Run `vivace app show` and compare `zim_app_id` and `zim_server_secret` with the values used by the token generator (the secret has exactly 32 characters) and with the client's AppID.",
        },
        zh: Text {
            message: "登录被拒绝：Token 与该 AppID 不匹配",
            cause: "`login` 时，用该 AppID 的密钥无法解密 Token，或 Token 内的应用 ID 是另一个。常见原因是业务服务器用了别的应用的密钥签发，或客户端仍在使用旧的 AppID。",
            remedy: "运行 `vivace app show`，将 `zim_app_id` 和 `zim_server_secret` 与 Token 生成端的配置（密钥恰好 32 个字符）以及客户端的 AppID 逐一比对。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000102,
        symbol: "LoginInternal",
        official: None,
        source: "002:14",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "Login failed because of an error inside the server",
            cause: "The token was in order, but the server could not finish the login, for example because the store or the bus that keeps sessions did not answer.",
            remedy: "Read the `fault` field of the log line of this `session`, then check the database and, with several nodes, the Redis or Valkey server. Run `vivace check-config` if their addresses were changed.",
        },
        zh: Text {
            message: "服务器内部错误，登录失败",
            cause: "Token 没有问题，但服务器未能完成登录，例如保存会话的存储或总线没有应答。",
            remedy: "查看该 `session` 日志行的 `fault` 字段，然后检查数据库；多节点部署时还要检查 Redis 或 Valkey。若改过它们的地址，请运行 `vivace check-config`。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000103,
        symbol: "TokenInvalid",
        official: None,
        source: "002:15",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The token is not valid",
            cause: "At `login` or `renewToken` the token is empty, damaged, made for another user, valid for more than 24 days, or its inner and outer expiry times differ. At `renewToken` this also covers a token made with another app's secret.",
            remedy: "Check how the business server builds the token and that it reaches the client whole, without line breaks or URL escaping. The `fault` field of the log line names the check that failed; compare the secret with `zim_server_secret` in `vivace app show`.",
        },
        zh: Text {
            message: "Token 无效",
            cause: "`login` 或 `renewToken` 时，Token 为空、已损坏、是为另一个用户签发的、有效期超过 24 天，或内外层过期时间不一致。`renewToken` 时，用其他应用的密钥签发的 Token 也返回此码。",
            remedy: "检查业务服务器生成 Token 的方式，并确认它完整地到达客户端（没有换行或多余的 URL 转义）。日志行的 `fault` 字段会指出未通过的检查项；密钥请与 `vivace app show` 中的 `zim_server_secret` 比对。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000104,
        symbol: "LoginNetwork",
        official: None,
        source: "002:16",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The server cannot be reached for login",
            cause: "The client has no network, or the connection to the server was not established before the SDK's deadline. The server saw no complete login request.",
            remedy: "From the client's network, test that the chat port is reachable and its TLS certificate is valid; check firewall, proxy and the `public.*` addresses handed to clients. If the server log shows no line for the attempt, the connection never arrived.",
        },
        zh: Text {
            message: "登录时无法连接服务器",
            cause: "客户端没有网络，或在 SDK 的时限内未能与服务器建立连接。服务器没有收到完整的登录请求。",
            remedy: "在客户端所在网络测试聊天端口是否可达、TLS 证书是否有效；检查防火墙、代理以及下发给客户端的 `public.*` 地址。若服务器日志中没有该次尝试的记录，说明连接根本没有到达。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000106,
        symbol: "TokenExpired",
        official: None,
        source: "002:17",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The token has expired",
            cause: "The expiry time inside the token is not later than the server's clock at `login` or `renewToken`.",
            remedy: "Fetch a new token from the business server; renew it when `tokenWillExpire` fires, 30 seconds before the end. If fresh tokens are refused, compare the clocks of the business server and of this machine (NTP).",
        },
        zh: Text {
            message: "Token 已过期",
            cause: "`login` 或 `renewToken` 时，Token 中的过期时间不晚于服务器当前时间。",
            remedy: "向业务服务器获取新 Token，并在收到 `tokenWillExpire`（到期前 30 秒）时续期。若刚签发的 Token 也被拒绝，请核对业务服务器与本机的时钟（NTP）。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000107,
        symbol: "TokenVersion",
        official: None,
        source: "002:18",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The token is of another version",
            cause: "The two digits at the start of the token are not 04. The usual reason is a version 03 token that was made for audio and video rooms.",
            remedy: "Use the token04 generator on the business server for chat logins. The first two characters of the token show its version.",
        },
        zh: Text {
            message: "Token 版本不符",
            cause: "Token 开头的两位数字不是 04。常见原因是使用了为音视频房间生成的 03 版 Token。",
            remedy: "在业务服务器上改用 token04 生成器签发聊天登录所用的 Token。看 Token 的前两个字符即可知道版本。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000111,
        symbol: "AlreadyLoggedIn",
        official: None,
        source: "002:19",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This instance is already logged in",
            cause: "`login` was called on an SDK instance that is logged in, or whose earlier login has not finished yet.",
            remedy: "Call `logout` before logging in another user, and guard the login button against double taps. Read the connection state of the instance before calling `login`.",
        },
        zh: Text {
            message: "当前实例已登录",
            cause: "SDK 实例已经登录，或上一次登录尚未完成时，又调用了 `login`。",
            remedy: "切换用户前先调用 `logout`，并防止登录按钮被重复点击。调用 `login` 前先检查实例的连接状态。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000121,
        symbol: "NotLoggedIn",
        official: None,
        source: "002:20",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user is not logged in",
            cause: "The call needs a login, but the connection state is Disconnected: the user never logged in, logged out, was kicked by a login on another device, or let the token expire.",
            remedy: "Call `login` and wait for Connected before other calls; handle `connectionStateChanged`. The server log line that ended the earlier `session` tells whether it was a logout, a second device or an expired token.",
        },
        zh: Text {
            message: "用户未登录",
            cause: "该调用需要先登录，但连接状态为 Disconnected：从未登录、已登出、被另一台设备的登录踢下线，或 Token 已过期。",
            remedy: "先调用 `login` 并等到 Connected 后再调用其他接口，并处理 `connectionStateChanged` 事件。服务器日志中结束上一个 `session` 的那一行会说明是登出、异地登录还是 Token 过期。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000201,
        symbol: "SendFailed",
        official: None,
        source: "002:26",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The message was not sent",
            cause: "The server did not accept the message for a reason without its own code in this table, for example because the app's before-send webhook rejected it.",
            remedy: "Read the `fault` field of the log line with this `session` and `room`. If it names the webhook, look at that service's answer and reason; otherwise see in `vivace_refusals_total` when this code began to rise.",
        },
        zh: Text {
            message: "消息未能发送",
            cause: "服务器因某种在本表中没有专用错误码的原因未接受该消息，例如应用的发送前回调拒绝了它。",
            remedy: "按 `session` 和 `room` 找到日志行并查看 `fault` 字段。若指向回调，请检查该回调服务的应答与拒绝原因；否则观察 `vivace_refusals_total` 中该错误码的变化规律。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000202,
        symbol: "SendInternal",
        official: None,
        source: "002:27",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The message was not sent because of an error inside the server",
            cause: "The message passed all checks, but the store that must number and keep it, or the bus that delivers it to other nodes, failed or did not answer. The message was not acknowledged and has no number.",
            remedy: "Check the database and its free disk space, and with several nodes the Redis or Valkey server. The log line with `room` and `fault` names the part that failed.",
        },
        zh: Text {
            message: "服务器内部错误，消息未能发送",
            cause: "消息通过了全部检查，但负责编号和保存消息的存储，或负责投递到其他节点的总线出错或没有应答。该消息未被确认，也没有编号。",
            remedy: "检查数据库及其磁盘剩余空间；多节点部署时还要检查 Redis 或 Valkey。带有 `room` 和 `fault` 字段的日志行会指出出错的部分。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000204,
        symbol: "SendNetwork",
        official: None,
        source: "002:28",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The message was not sent because the connection was lost",
            cause: "The connection broke, or no acknowledgement came before the SDK's deadline. The server may or may not have received the message.",
            remedy: "Wait for the state Connected, then send again. If many users see this at once, look in the log for `session` lines that end together, and check the proxy's idle time-out, which must be longer than the 10 second heartbeat.",
        },
        zh: Text {
            message: "连接中断，消息未能发送",
            cause: "连接断开，或在 SDK 的时限内没有收到确认。服务器可能收到了这条消息，也可能没有。",
            remedy: "等状态恢复为 Connected 后重新发送。若大量用户同时出现，请在日志中查看是否有成批结束的 `session`，并检查代理的空闲超时，它必须大于 10 秒的心跳间隔。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000205,
        symbol: "NotRoomMember",
        official: None,
        source: "002:29",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user is not a member of this room",
            cause: "The user sends a message to an existing room, or queries it, without being in it. Membership ends with `leaveRoom`, with a kick, or when the user is offline longer than the allowed time (30 seconds by default).",
            remedy: "Join the room again before the call and handle `roomStateChanged`. Search the log for this `room` to see when and why the membership ended.",
        },
        zh: Text {
            message: "用户不在该房间内",
            cause: "用户不在房间中，却向这个存在的房间发消息或查询它。调用 `leaveRoom`、被踢出或离线超过允许时间（默认 30 秒）都会结束成员身份。",
            remedy: "调用前先重新加入房间，并处理 `roomStateChanged` 事件。在日志中按 `room` 搜索，可看到成员身份何时、因何结束。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000301,
        symbol: "RoomMissing",
        official: None,
        source: "002:35",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room does not exist",
            cause: "A send, query, leave or attribute call names a room ID that is not live on this server. The room was never created, or it ended when its last member left and its destroy delay ran out.",
            remedy: "Check the room ID for spelling and case, and search the log for this `room` to find when it ended. To keep empty rooms for a while, create them with `roomDestroyDelayTime` (up to 10800 seconds).",
        },
        zh: Text {
            message: "房间不存在",
            cause: "发送、查询、离开或属性调用所用的房间 ID 在本服务器上没有对应的房间：从未创建，或最后一名成员离开且延迟销毁时间已到，房间已结束。",
            remedy: "核对房间 ID 的拼写和大小写，并在日志中按 `room` 查找房间结束的时间。如需保留空房间一段时间，请在创建时设置 `roomDestroyDelayTime`（最长 10800 秒）。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000302,
        symbol: "RoomInternal",
        official: None,
        source: "002:36",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room operation failed because of an error inside the server",
            cause: "A room call passed its checks, but the room's state could not be read or written: the store failed, or the node that holds the room did not answer.",
            remedy: "Look up the log line by `room` and read its `fault` field. Check the database, and with several nodes the Redis or Valkey server and the node named in the line.",
        },
        zh: Text {
            message: "服务器内部错误，房间操作失败",
            cause: "房间调用通过了检查，但房间状态无法读写：存储出错，或持有该房间的节点没有应答。",
            remedy: "按 `room` 找到日志行并查看 `fault` 字段。检查数据库；多节点部署时还要检查 Redis 或 Valkey，以及日志行中提到的节点。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000303,
        symbol: "CreateRoomFailed",
        official: None,
        source: "002:37",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room was not created",
            cause: "`createRoom` failed for a reason other than an existing ID or a full quota, for example because the new room could not be stored. No room was left behind.",
            remedy: "Read the `fault` field of the log line for this `room`; check the database and its free disk space. Repeating the call with the same ID is safe.",
        },
        zh: Text {
            message: "房间创建失败",
            cause: "`createRoom` 因 ID 已存在和数量超限以外的原因失败，例如新房间无法写入存储。失败后不会留下残余房间。",
            remedy: "查看该 `room` 日志行的 `fault` 字段，检查数据库及其磁盘剩余空间。用同一 ID 重新调用是安全的。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000304,
        symbol: "JoinRoomMissing",
        official: None,
        source: "002:38",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room to join does not exist",
            cause: "`joinRoom` names a room ID that is not live on this server. Unlike `enterRoom`, `joinRoom` never creates a room.",
            remedy: "Let the host create the room first, or call `enterRoom`, which creates it when absent. Search the log for this `room` to see whether it existed and when it ended.",
        },
        zh: Text {
            message: "要加入的房间不存在",
            cause: "`joinRoom` 所用的房间 ID 在本服务器上没有对应的房间。与 `enterRoom` 不同，`joinRoom` 不会自动创建房间。",
            remedy: "让房主先创建房间，或改用 `enterRoom`（不存在时自动创建）。在日志中按 `room` 搜索，可确认房间是否存在过以及何时结束。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000305,
        symbol: "LeaveRoomFailed",
        official: None,
        source: "002:39",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user could not leave the room",
            cause: "`leaveRoom` was called by a user who is not, or no longer, a member of the room.",
            remedy: "Treat the user as outside and update the app's own room state. The log lines of this `room` show when the membership ended; a `leaveRoom` sent twice is the usual reason.",
        },
        zh: Text {
            message: "离开房间失败",
            cause: "调用 `leaveRoom` 的用户不是该房间的成员，或已经不再是成员。",
            remedy: "将该用户视为已离开，并更新应用自身的房间状态。该 `room` 的日志行会显示成员身份何时结束；最常见的原因是重复调用了 `leaveRoom`。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000311,
        symbol: "RoomExists",
        official: None,
        source: "002:40",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "A room with this ID already exists",
            cause: "`createRoom` names the ID of a room that is live in the same app, or that is empty but still inside its destroy delay.",
            remedy: "Choose another ID, or call `joinRoom` or `enterRoom` to use the existing room. The log shows under `room` who created it and when.",
        },
        zh: Text {
            message: "该 ID 的房间已存在",
            cause: "`createRoom` 使用的 ID 在同一应用中已有房间，或房间已空但仍处于延迟销毁期内。",
            remedy: "换用其他 ID，或调用 `joinRoom`、`enterRoom` 进入已有房间。在日志中按 `room` 可查到它由谁、何时创建。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000312,
        symbol: "AppRoomLimit",
        official: None,
        source: "002:41",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 30 },
        en: Text {
            message: "The app has reached its limit of rooms",
            cause: "`createRoom`, or an `enterRoom` that would create, arrived while the app has as many live rooms as its configured limit allows.",
            remedy: "Raise the app's room limit in the configuration, or let empty rooms end sooner with a shorter `roomDestroyDelayTime`. Watch this code in `vivace_refusals_total`.",
        },
        zh: Text {
            message: "应用的房间数量已达上限",
            cause: "`createRoom`（或会新建房间的 `enterRoom`）到达时，该应用的现有房间数已等于配置的上限。",
            remedy: "在配置中调高应用的房间数上限，或缩短 `roomDestroyDelayTime` 让空房间尽快结束，并观察 `vivace_refusals_total` 中该错误码的计数。",
        },
    },
    Row {
        table: Table::Zim,
        number: 6000321,
        symbol: "UserRoomLimit",
        official: None,
        source: "002:42",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user is already in the highest permitted number of rooms",
            cause: "`createRoom`, `joinRoom` or `enterRoom` would put the user into more rooms than one user may be in at a time (5 by default).",
            remedy: "Let the app leave rooms it no longer shows before entering a new one. If users need more rooms at once, raise the per-user room limit in the configuration.",
        },
        zh: Text {
            message: "用户加入的房间数已达上限",
            cause: "`createRoom`、`joinRoom` 或 `enterRoom` 会使该用户同时所在的房间数超过单用户上限（默认 5 个）。",
            remedy: "让应用在进入新房间前先离开不再使用的房间。若业务确实需要同时加入更多房间，请在配置中调高单用户房间数上限。",
        },
    },
];
