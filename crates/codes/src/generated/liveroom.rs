//! Table `liveroom`, generated from `tables/liveroom.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// LiveRoom (RoomService 2.0): room service requests for anchors, audience, custom fields and stream mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liveroom {
    /// `200100`: The HTTP method or the form of the request is wrong.
    RequestMalformed,
    /// `200101`: The request body is not readable JSON.
    JsonUnreadable,
    /// `201001`: Login lacks the sdk\_appid or the user\_sig.
    LoginIncomplete,
    /// `201002`: A required user\_sig or the user it stands for is missing.
    SignatureMissing,
    /// `201003`: The user\_id in the body differs from the one in the URL.
    UserIdMismatch,
    /// `201004`: The room\_id is missing.
    RoomIdMissing,
    /// `201005`: The number of rooms to list is missing or zero.
    CountMissing,
    /// `201006`: The mixing parameters are incomplete.
    MixParamsMissing,
    /// `201007`: The custom field's name or operation is empty.
    FieldOrOperationEmpty,
    /// `201008`: The operation on the custom field is none of set, inc and dec.
    OperationUnsupported,
    /// `201009`: The set operation has no value.
    FieldValueEmpty,
    /// `202001`: The token or signature was not accepted.
    TokenRefused,
    /// `202002`: The service that checks signatures cannot be reached.
    AuthServiceUnreachable,
    /// `202003`: The service that checks signatures gave an answer that cannot be read.
    AuthServiceReply,
    /// `202004`: Logout failed.
    LogoutFailed,
    /// `202005`: No live account belongs to this sdk\_appid.
    AppMappingMissing,
    /// `202006`: There are too many requests.
    RateLimited,
    /// `203002`: The room was not created.
    CreateRoomFailed,
    /// `203003`: The room was not destroyed.
    DestroyRoomFailed,
    /// `203004`: The list of rooms could not be read.
    ListRoomsFailed,
    /// `203005`: The member is in the room, but the new details were not stored.
    UpdateMemberFailed,
    /// `203006`: The anchor could not enter the room.
    EnterRoomFailed,
    /// `203007`: The room has no free place for another anchor.
    TooManyPushers,
    /// `203009`: The room's name is too long.
    RoomNameTooLong,
    /// `203010`: The user is not in the room.
    NotInRoom,
    /// `204001`: A push URL could not be made.
    PushUrlFailed,
    /// `204002`: The list of anchors could not be read.
    ListPushersFailed,
    /// `204003`: The anchor could not be removed.
    RemovePusherFailed,
    /// `204004`: The push URL and low-latency play URL could not be made.
    AcceleratedUrlFailed,
    /// `205001`: The room's audience list is full.
    AudienceFull,
    /// `205002`: The audience record was not added.
    AddAudienceFailed,
    /// `205003`: The audience record was not removed.
    RemoveAudienceFailed,
    /// `205004`: The audience list could not be read.
    ListAudienceFailed,
    /// `206001`: The heartbeat was not recorded.
    HeartbeatFailed,
    /// `207001`: The place where the room's state is kept could not be found.
    StateNodeUnknown,
    /// `207002`: The streams were not mixed.
    MixFailed,
    /// `207003`: The custom field was not set.
    SetFieldFailed,
    /// `207004`: The custom fields could not be read.
    GetFieldFailed,
    /// `207005`: The room service has no such operation.
    ActionUnsupported,
    /// `207006`: This type of room is not served.
    RoomTypeUnsupported,
}

impl Liveroom {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<Liveroom> for &'static Row {
    fn from(code: Liveroom) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "LiveRoom (RoomService 2.0): room service requests for anchors, audience, custom fields and stream mixing",
    "LiveRoom（RoomService 2.0）：主播、观众、自定义字段与混流的房间服务请求",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 40] = [
    Row {
        table: Table::Liveroom,
        number: 200100,
        symbol: "RequestMalformed",
        official: None,
        source: "003:3",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The HTTP method or the form of the request is wrong",
            cause: "A room operation came with a method other than POST, with a malformed query string, with a JSON body that is not an object, or with a member of the wrong type, such as a text for `cnt` or a negative `index`.",
            remedy: "Send a POST with one JSON object and compare each member's type with the operation's description. The `fault` field of the log line names the offending part; also check that no proxy rewrites the method.",
        },
        zh: Text {
            message: "HTTP 方法或请求格式错误",
            cause: "房间操作未使用 POST 方法、查询串格式不正确、JSON 请求体不是对象，或某个字段类型不符（例如 `cnt` 为文本、`index` 为负数）。",
            remedy: "使用 POST 发送一个 JSON 对象，并对照接口说明核对每个字段的类型。日志行的 `fault` 字段会指出有问题的部分；同时确认代理没有改写请求方法。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 200101,
        symbol: "JsonUnreadable",
        official: None,
        source: "003:4",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The request body is not readable JSON",
            cause: "The body is not valid JSON or not UTF-8, or it is empty for an operation that needs members. An empty body is accepted only for login and logout.",
            remedy: "Build the body with a JSON library and send it as UTF-8. The `fault` field of the log line gives the position of the first error; a body that was cut short points to a proxy or a wrong Content-Length.",
        },
        zh: Text {
            message: "请求体不是可解析的 JSON",
            cause: "请求体不是合法 JSON 或不是 UTF-8 编码，或者需要参数的操作收到了空请求体。只有 login 和 logout 允许空请求体。",
            remedy: "用 JSON 库生成请求体并以 UTF-8 发送。日志行的 `fault` 字段会给出第一处错误的位置；若请求体被截断，请检查代理或 Content-Length 是否正确。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201001,
        symbol: "LoginIncomplete",
        official: None,
        source: "003:5",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "Login lacks the sdk_appid or the user_sig",
            cause: "The query of a login request has no `sdkAppID` or no `userSig`, one of them is empty, or the `sdkAppID` is not a number.",
            remedy: "Put both into the query string of login: the `sdkappid` that `vivace app show` prints and a UserSig from the business server. Check that the client does not log in before its UserSig has arrived.",
        },
        zh: Text {
            message: "登录请求缺少 sdk_appid 或 user_sig",
            cause: "login 请求的查询串中没有 `sdkAppID` 或 `userSig`，或其中之一为空，或 `sdkAppID` 不是数字。",
            remedy: "在 login 的查询串中同时带上二者：`vivace app show` 输出的 `sdkappid`，以及业务服务器签发的 UserSig。确认客户端没有在拿到 UserSig 之前就发起登录。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201002,
        symbol: "SignatureMissing",
        official: None,
        source: "003:6",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "A required user_sig or the user it stands for is missing",
            cause: "A request has no `userID` in its query, so there is no user whose signature or token could be checked, or a call other than login that must carry a UserSig came without one.",
            remedy: "Add `userID` to the query string of every call, and the UserSig where the operation asks for it. The `fault` field of the log line tells which of the two was absent.",
        },
        zh: Text {
            message: "缺少必需的 user_sig 或其对应的用户",
            cause: "请求的查询串中没有 `userID`，因而没有可供校验签名或 token 的用户；或者 login 以外必须携带 UserSig 的调用没有携带。",
            remedy: "在每个请求的查询串中带上 `userID`，并在要求 UserSig 的操作中带上 UserSig。日志行的 `fault` 字段会说明缺少的是哪一项。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201003,
        symbol: "UserIdMismatch",
        official: None,
        source: "003:7",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user_id in the body differs from the one in the URL",
            cause: "The body's `userID` is present but is not the same text as the `userID` of the query, to which the token belongs.",
            remedy: "Use one variable for both places in the client; look for a user switch that changes only one, or for escaping in the URL. Only the user of the token can be acted for.",
        },
        zh: Text {
            message: "请求体与 URL 中的 user_id 不一致",
            cause: "请求体中的 `userID` 与查询串中的 `userID`（即 token 所属用户）不相同。",
            remedy: "在客户端用同一个变量填写两处；检查是否切换用户时只改了一处，或 URL 中被额外转义。只能以 token 所属用户的身份操作。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201004,
        symbol: "RoomIdMissing",
        official: None,
        source: "003:8",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room_id is missing",
            cause: "An operation on an existing room has no `roomID` in its body, or it is null or empty. Operations that name no room, such as get_anchor_url and get_room_list, and create_room do without it.",
            remedy: "Keep the `roomID` that create_room or get_room_list returned and send it with the call. Check that the client does not call before that answer has arrived.",
        },
        zh: Text {
            message: "请求中没有指明房间（room_id）",
            cause: "针对已有房间的操作在请求体中没有 `roomID`，或其为 null 或空。create_room 以及 get_anchor_url、get_room_list 等不针对特定房间的操作可以不带。",
            remedy: "保存 create_room 或 get_room_list 返回的 `roomID` 并在调用时带上。检查客户端是否在收到该应答之前就发出了请求。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201005,
        symbol: "CountMissing",
        official: None,
        source: "003:9",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The number of rooms to list is missing or zero",
            cause: "get_room_list came without `cnt` (or its alias `count`), or with the value 0.",
            remedy: "Send `cnt` as a number above zero, together with `index` as the offset of the first room wanted.",
        },
        zh: Text {
            message: "未指定要获取的房间数量，或数量为 0",
            cause: "get_room_list 请求没有 `cnt`（或别名 `count`），或其值为 0。",
            remedy: "将 `cnt` 设为大于 0 的数字，并用 `index` 指定起始房间的偏移量。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201006,
        symbol: "MixParamsMissing",
        official: None,
        source: "003:10",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The mixing parameters are incomplete",
            cause: "In merge_stream `mergeParams` is absent, empty or not JSON, or it lacks `interface` or one of its members: `interfaceName`, `para`, `output_stream_id`, or an `input_stream_list` whose items each have an `input_stream_id`.",
            remedy: "Log `mergeParams` in the client before it is sent and fill in the member that the `fault` field of the log line names.",
        },
        zh: Text {
            message: "混流参数不完整",
            cause: "merge_stream 中的 `mergeParams` 缺失、为空或不是 JSON，或缺少 `interface` 及其必要成员：`interfaceName`、`para`、`output_stream_id`，以及每一项都带 `input_stream_id` 的 `input_stream_list`。",
            remedy: "在客户端发送前打印 `mergeParams`，并补上日志行 `fault` 字段所指出的成员。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201007,
        symbol: "FieldOrOperationEmpty",
        official: None,
        source: "003:11",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The custom field's name or operation is empty",
            cause: "set_custom_field came without `fieldName` or without `operation`, or one of them is an empty text.",
            remedy: "Send a field name and one of the operations set, inc or dec.",
        },
        zh: Text {
            message: "自定义字段名或操作为空",
            cause: "set_custom_field 请求没有 `fieldName` 或 `operation`，或其中之一为空字符串。",
            remedy: "填写字段名，并将操作设为 set、inc、dec 之一。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201008,
        symbol: "OperationUnsupported",
        official: None,
        source: "003:12",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The operation on the custom field is none of set, inc and dec",
            cause: "set_custom_field has an `operation` that is not exactly `set`, `inc` or `dec`; upper case and surrounding spaces count as different.",
            remedy: "Correct the `operation` in the client; the value that was received stands in the log line of the request.",
        },
        zh: Text {
            message: "对自定义字段的操作不是 set、inc 或 dec",
            cause: "set_custom_field 的 `operation` 不是 `set`、`inc`、`dec` 之一；大写或首尾带空格都视为不同的值。",
            remedy: "在客户端修正 `operation`；该请求的日志行中记录了收到的值。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 201009,
        symbol: "FieldValueEmpty",
        official: None,
        source: "003:13",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The set operation has no value",
            cause: "set_custom_field with `operation` set came without `value`, or with null or an empty text. The number 0 is a value.",
            remedy: "Send a non-empty `value` with set. To count up or down, use inc or dec, for which the value may be left out.",
        },
        zh: Text {
            message: "set 操作没有 value",
            cause: "`operation` 为 set 的 set_custom_field 请求没有 `value`，或其为 null 或空字符串。数字 0 是有效值。",
            remedy: "使用 set 时请带上非空的 `value`。若只需计数增减，请用 inc 或 dec，这两种操作可以省略 value。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202001,
        symbol: "TokenRefused",
        official: None,
        source: "003:14",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The token or signature was not accepted",
            cause: "The token of the call is missing, unknown, logged out, replaced by a later login of the same user, or belongs to another user. At login it means that the UserSig has a wrong signature, names another user or has expired.",
            remedy: "Log in again and use the new token; avoid two devices under one user ID. If login itself fails, compare the signing key with `sdk_secret` in `vivace app show` and the clocks of both machines; the `fault` field of the log line names the check.",
        },
        zh: Text {
            message: "token 或签名未通过校验",
            cause: "请求的 token 缺失、未知、已登出、已被同一用户的后一次登录取代，或属于其他用户。在 login 中则表示 UserSig 签名错误、用户不符或已过期。",
            remedy: "重新登录并使用新 token，避免两台设备使用同一用户 ID。若登录本身失败，请将签名密钥与 `vivace app show` 中的 `sdk_secret` 比对，并核对两端时钟；日志行的 `fault` 字段会指出未通过的检查。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202002,
        symbol: "AuthServiceUnreachable",
        official: None,
        source: "003:15",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The service that checks signatures cannot be reached",
            cause: "An external UserSig verifier is configured, and at login the connection to it failed or it did not answer in time. With the built-in verifier this code does not occur.",
            remedy: "Check that the verifier runs and that its configured address, name resolution and certificate work from this machine. The `fault` field of the log line tells a refused connection from a time-out.",
        },
        zh: Text {
            message: "无法连接签名校验服务",
            cause: "配置了外部 UserSig 校验服务，而登录时与它的连接失败，或它没有按时应答。使用内置校验时不会出现此码。",
            remedy: "确认校验服务正在运行，并从本机检查其配置地址、域名解析和证书是否正常。日志行的 `fault` 字段可区分是连接被拒绝还是超时。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202003,
        symbol: "AuthServiceReply",
        official: None,
        source: "003:16",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The service that checks signatures gave an answer that cannot be read",
            cause: "The configured external UserSig verifier answered the login check with a status other than success, with a body that is not JSON, or without a result code.",
            remedy: "Call the verifier by hand with the same request and compare its answer with the agreed form. A login page or an error page of a proxy at the configured address is the usual reason; the status stands in the log line.",
        },
        zh: Text {
            message: "签名校验服务的应答无法识别",
            cause: "所配置的外部 UserSig 校验服务在登录校验时返回了非成功状态、非 JSON 的内容，或缺少结果码。",
            remedy: "用同样的请求手工调用校验服务，并与约定格式比对。常见原因是配置的地址返回了代理的登录页或错误页；日志行中记录了其状态码。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202004,
        symbol: "LogoutFailed",
        official: None,
        source: "003:17",
        at_fault: AtFault::Server,
        retry: Retry::AtOnce,
        en: Text {
            message: "Logout failed",
            cause: "The session exists and the token is right, but the session's record could not be deleted from the store. The token is still valid.",
            remedy: "Repeat the logout. If it fails again, check the database: free disk space, write permission, and the `fault` field of the log line with this `session`.",
        },
        zh: Text {
            message: "登出失败",
            cause: "会话存在且 token 正确，但会话记录无法从存储中删除，该 token 仍然有效。",
            remedy: "重新登出一次。若仍失败，请检查数据库的磁盘剩余空间和写权限，以及该 `session` 日志行的 `fault` 字段。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202005,
        symbol: "AppMappingMissing",
        official: None,
        source: "003:18",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "No live account belongs to this sdk_appid",
            cause: "The `sdkAppID` of the login is a well-formed number, but no app of this server has it together with a live `appid`.",
            remedy: "Run `vivace app show` and compare `sdkappid` and `appid`. Correct the client's number, or add the missing one to the app's configuration and verify it with `vivace check-config`.",
        },
        zh: Text {
            message: "该 sdk_appid 未绑定任何直播账号",
            cause: "登录所带的 `sdkAppID` 是合法数字，但本服务器上没有任何应用同时具有该值和对应的直播 `appid`。",
            remedy: "运行 `vivace app show` 核对 `sdkappid` 与 `appid`。修正客户端填写的数值，或在应用配置中补上缺失的一项，并用 `vivace check-config` 检查。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 202006,
        symbol: "RateLimited",
        official: None,
        source: "003:19",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 1 },
        en: Text {
            message: "There are too many requests",
            cause: "The app's requests exceed its rate limit, 100 a second by default. The request was refused before anything in it was read.",
            remedy: "Let the clients poll less often: a heartbeat every 5 to 7 seconds already carries the list of anchors. If the load is legitimate, raise the app's request rate in the configuration and watch this code in `vivace_refusals_total`.",
        },
        zh: Text {
            message: "请求过于频繁",
            cause: "该应用的请求超过了频率限制（默认每秒 100 次），请求在读取内容之前即被拒绝。",
            remedy: "让客户端减少轮询：每 5 至 7 秒一次的心跳已经带有主播列表。若负载合理，请在配置中调高应用的请求频率，并观察 `vivace_refusals_total` 中该错误码的计数。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203002,
        symbol: "CreateRoomFailed",
        official: None,
        source: "003:20",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room was not created",
            cause: "Another user has already created a room with this ID and it is still live, or the new room could not be stored. Creating one's own room again is not a failure.",
            remedy: "Choose another `roomID`, such as the anchor's own user ID, or leave it empty to have one made. If the `fault` field of the log line names the store, check the database and its free disk space.",
        },
        zh: Text {
            message: "房间创建失败",
            cause: "该 ID 的房间已由其他用户创建且仍在使用，或新房间无法写入存储。重复创建自己的房间不算失败。",
            remedy: "换用其他 `roomID`（例如主播自己的用户 ID），或留空由服务器生成。若日志行的 `fault` 字段指向存储，请检查数据库及其磁盘剩余空间。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203003,
        symbol: "DestroyRoomFailed",
        official: None,
        source: "003:21",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room was not destroyed",
            cause: "destroy_room names a room that does not exist, or the caller is not its creator, or the room's record could not be deleted.",
            remedy: "If the room is already gone, treat it as ended; otherwise let its creator end it. Search the log for this `room` and read the `fault` field, which tells the three cases apart.",
        },
        zh: Text {
            message: "房间销毁失败",
            cause: "destroy_room 所指的房间不存在、调用者不是创建者，或房间记录无法删除。",
            remedy: "若房间已不存在，按已结束处理即可；否则应由创建者来销毁。在日志中按 `room` 搜索，`fault` 字段可区分这三种情况。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203004,
        symbol: "ListRoomsFailed",
        official: None,
        source: "003:22",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The list of rooms could not be read",
            cause: "The parameters of get_room_list are in order, but reading the rooms from the store failed or took too long.",
            remedy: "Check the database: whether it runs, how loaded it is, and the `fault` field of the log lines of this code. Follow the count in `vivace_refusals_total` to see whether it has recovered.",
        },
        zh: Text {
            message: "无法读取房间列表",
            cause: "get_room_list 的参数没有问题，但从存储读取房间时出错或超时。",
            remedy: "检查数据库是否运行正常、负载如何，并查看该错误码日志行的 `fault` 字段。可通过 `vivace_refusals_total` 中的计数判断是否已恢复。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203005,
        symbol: "UpdateMemberFailed",
        official: None,
        source: "003:23",
        at_fault: AtFault::Server,
        retry: Retry::AtOnce,
        en: Text {
            message: "The member is in the room, but the new details were not stored",
            cause: "add_anchor was called by a user who is already an anchor of the room, and writing the new name, avatar or push URL to the store failed. The former details remain in force.",
            remedy: "Repeat the call. If it fails again, look at the `fault` field of the log line for this `room` and check that the database accepts writes.",
        },
        zh: Text {
            message: "成员已在房间内，但新的信息未能保存",
            cause: "已是该房间主播的用户再次调用 add_anchor，而新的昵称、头像或推流地址写入存储失败，原有信息仍然有效。",
            remedy: "重新调用一次。若仍失败，请查看该 `room` 日志行的 `fault` 字段，并检查数据库是否可写。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203006,
        symbol: "EnterRoomFailed",
        official: None,
        source: "003:24",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "The anchor could not enter the room",
            cause: "add_anchor could not build the anchor's play URLs: live is not enabled for the app, it has no play domain or key, or a domain just added is not in effect yet. The code is also given when the push URL names no stream of this server or the room does not exist.",
            remedy: "Read the `fault` field of the log line with `room` and `stream`. Check the app's keys with `vivace app show`, the `public.*` settings with `vivace check-config`, and the address that `vivace url play` prints; then create the room again if it has ended.",
        },
        zh: Text {
            message: "主播进房失败",
            cause: "add_anchor 无法生成主播的播放地址：应用未开通直播、没有播放域名或密钥，或刚添加的域名尚未生效。推流地址不对应本服务器的任何流，或房间不存在时，也返回此码。",
            remedy: "查看带有 `room` 和 `stream` 的日志行的 `fault` 字段。用 `vivace app show` 检查应用密钥，用 `vivace check-config` 检查 `public.*` 设置，并核对 `vivace url play` 输出的地址；若房间已结束则重新创建。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203007,
        symbol: "TooManyPushers",
        official: None,
        source: "003:25",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room has no free place for another anchor",
            cause: "add_anchor was called for a room that already has as many anchors as the limit allows, 5 by default, and the caller is not one of them.",
            remedy: "Let an anchor leave first, or raise the limit of anchors in a live room in the configuration; the original clients lay out one main picture and four small ones. An anchor that vanished frees its place when its heartbeat runs out, after 20 seconds.",
        },
        zh: Text {
            message: "房间内的主播人数已满",
            cause: "对主播数已达上限（默认 5 人）的房间调用了 add_anchor，且调用者不在其中。",
            remedy: "让一名主播先退出，或在配置中调高直播房间的主播上限；原有客户端的布局为一路主画面加四路小画面。异常掉线的主播会在心跳超时（20 秒）后释放位置。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203009,
        symbol: "RoomNameTooLong",
        official: None,
        source: "003:26",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room's name is too long",
            cause: "In create_room the `roomName` or the `roomInfo` is longer than 1024 bytes; a Chinese character takes three bytes.",
            remedy: "Shorten the text in the client; keep covers and long descriptions elsewhere and put only their address into `roomInfo`. The log line of the request gives the length that was received.",
        },
        zh: Text {
            message: "房间名称过长",
            cause: "create_room 中的 `roomName` 或 `roomInfo` 超过 1024 字节；一个汉字占三个字节。",
            remedy: "在客户端缩短文本；封面和长描述请存放在别处，`roomInfo` 中只放其地址。该请求的日志行记录了收到的长度。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 203010,
        symbol: "NotInRoom",
        official: None,
        source: "003:27",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user is not in the room",
            cause: "anchor_heartbeat, merge_stream or delete_anchor came from a user who is not an anchor of the room; an audience member's delete_anchor is accepted. A heartbeat for a room that has ended gets this code too.",
            remedy: "Stop the heartbeat after leaving, or call add_anchor again if the user should still be in. Search the log for this `room`: an anchor is removed when its heartbeat stops for 20 seconds and its stream is down.",
        },
        zh: Text {
            message: "用户不在房间内",
            cause: "anchor_heartbeat、merge_stream 或 delete_anchor 的调用者不是该房间的主播（观众调用 delete_anchor 会被接受）。对已结束的房间发心跳也返回此码。",
            remedy: "退出后停止心跳；若用户仍应在房间内，请重新调用 add_anchor。在日志中按 `room` 搜索：心跳中断 20 秒且流已断开的主播会被移除。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 204001,
        symbol: "PushUrlFailed",
        official: None,
        source: "003:28",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "A push URL could not be made",
            cause: "get_push_url found no push domain or no push key for the app, live is not enabled for it, or a change of these settings is not in effect yet.",
            remedy: "Run `vivace app show` to see `push_key` and `bizid`, check the `public.*` settings with `vivace check-config`, and try `vivace url push`, which meets the same condition. After a change wait a minute before the next attempt.",
        },
        zh: Text {
            message: "无法生成推流地址",
            cause: "get_push_url 找不到该应用的推流域名或推流密钥，应用未开通直播，或这些设置的改动尚未生效。",
            remedy: "运行 `vivace app show` 查看 `push_key` 和 `bizid`，用 `vivace check-config` 检查 `public.*` 设置，并试运行 `vivace url push`，它会遇到同样的条件。修改设置后请等一分钟再试。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 204002,
        symbol: "ListPushersFailed",
        official: None,
        source: "003:29",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The list of anchors could not be read",
            cause: "get_anchors names a room that does not exist or has ended, or the list of its anchors could not be read from the store.",
            remedy: "Refresh the list of rooms and drop the one that ended. If the `fault` field of the log line for this `room` names the store, check the database instead.",
        },
        zh: Text {
            message: "无法读取该房间的主播列表",
            cause: "get_anchors 所指的房间不存在或已结束，或主播列表无法从存储中读取。",
            remedy: "刷新房间列表并去掉已结束的房间。若该 `room` 日志行的 `fault` 字段指向存储，则应检查数据库。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 204003,
        symbol: "RemovePusherFailed",
        official: None,
        source: "003:30",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The anchor could not be removed",
            cause: "delete_anchor names a room that does not exist, most often because its creator left before, or the anchor's record could not be deleted from the store.",
            remedy: "If the room is gone, treat the anchor as removed. Otherwise read the `fault` field of the log line for this `room` and check that the database accepts writes.",
        },
        zh: Text {
            message: "未能移除该主播",
            cause: "delete_anchor 所指的房间不存在（多半是创建者已先离开），或主播记录无法从存储中删除。",
            remedy: "若房间已不存在，按已删除处理即可。否则请查看该 `room` 日志行的 `fault` 字段，并检查数据库是否可写。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 204004,
        symbol: "AcceleratedUrlFailed",
        official: None,
        source: "003:31",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 60 },
        en: Text {
            message: "The push URL and low-latency play URL could not be made",
            cause: "get_anchor_url needs a push domain and a play domain with their keys; one of them is not set for the app, live is not enabled, or a change is not in effect yet.",
            remedy: "Compare `push_key` and `play_key` in `vivace app show`, verify the `public.*` settings with `vivace check-config`, and try `vivace url push` and `vivace url play` for the same stream. The `fault` field of the log line names what is missing.",
        },
        zh: Text {
            message: "无法生成推流地址和低延时播放地址",
            cause: "get_anchor_url 需要推流域名、播放域名及各自的密钥；应用缺少其中之一、未开通直播，或改动尚未生效。",
            remedy: "在 `vivace app show` 中核对 `push_key` 与 `play_key`，用 `vivace check-config` 检查 `public.*` 设置，并对同一路流试运行 `vivace url push` 和 `vivace url play`。日志行的 `fault` 字段会指出缺少的内容。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 205001,
        symbol: "AudienceFull",
        official: None,
        source: "003:32",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room's audience list is full",
            cause: "add_audience was called for a room that already keeps as many audience records as the limit allows, 30 by default, and the caller is not among them. Only the record is refused: watching the stream and chatting are not affected.",
            remedy: "Let the client ignore this answer and keep playing. If a longer list is wanted, raise the limit of audience records in the configuration; clients that end without delete_audience keep their record until the room ends.",
        },
        zh: Text {
            message: "房间的观众列表已满",
            cause: "对观众记录数已达上限（默认 30 条）的房间调用了 add_audience，且调用者不在其中。被拒绝的只是记录，观看和聊天不受影响。",
            remedy: "客户端可忽略该应答并继续播放。如需更长的列表，请在配置中调高观众记录上限；未调用 delete_audience 就退出的客户端，其记录会保留到房间结束。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 205002,
        symbol: "AddAudienceFailed",
        official: None,
        source: "003:33",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The audience record was not added",
            cause: "add_audience names a room that does not exist, or the new record could not be written to the store.",
            remedy: "Read the `fault` field of the log line for this `room`. For a missing room refresh the client's list; for the store check the database and its free disk space.",
        },
        zh: Text {
            message: "未能登记该观众",
            cause: "add_audience 所指的房间不存在，或新记录无法写入存储。",
            remedy: "查看该 `room` 日志行的 `fault` 字段。若是房间不存在，刷新客户端的房间列表；若是存储问题，检查数据库及其磁盘剩余空间。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 205003,
        symbol: "RemoveAudienceFailed",
        official: None,
        source: "003:34",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The audience record was not removed",
            cause: "delete_audience names a room that does not exist, or the record could not be deleted from the store. Removing a user who has no record is not a failure.",
            remedy: "If the room has ended, its records are gone and nothing is left to do. Otherwise check the database by the `fault` field of the log line for this `room`.",
        },
        zh: Text {
            message: "未能移除该观众的记录",
            cause: "delete_audience 所指的房间不存在，或记录无法从存储中删除。删除没有记录的用户不算失败。",
            remedy: "若房间已结束，其记录已一并清除，无需处理。否则请根据该 `room` 日志行的 `fault` 字段检查数据库。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 205004,
        symbol: "ListAudienceFailed",
        official: None,
        source: "003:35",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The audience list could not be read",
            cause: "get_audiences names a room that does not exist, or its audience records could not be read from the store.",
            remedy: "Check in the client that the room is still listed. If it is, follow the `fault` field of the log line for this `room` to the database.",
        },
        zh: Text {
            message: "无法读取该房间的观众列表",
            cause: "get_audiences 所指的房间不存在，或观众记录无法从存储中读取。",
            remedy: "先在客户端确认该房间是否仍在列表中。若仍在，请根据该 `room` 日志行的 `fault` 字段检查数据库。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 206001,
        symbol: "HeartbeatFailed",
        official: None,
        source: "003:36",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The heartbeat was not recorded",
            cause: "anchor_heartbeat or add_anchor came from a rightful anchor, but the time of its last sign of life could not be written. The place is kept until the former heartbeat is 20 seconds old, and longer while the stream is up.",
            remedy: "Check the keeper of presence: Redis or Valkey with several nodes, otherwise the load and disk of this machine. A rise of this code in `vivace_refusals_total` warns before anchors are dropped.",
        },
        zh: Text {
            message: "心跳未能记录",
            cause: "合法主播的 anchor_heartbeat 或 add_anchor 已收到，但其最近活动时间无法写入。在上一次心跳满 20 秒之前位置仍保留；若流仍在推送，则保留更久。",
            remedy: "检查保存在线状态的组件：多节点时为 Redis 或 Valkey，否则检查本机的负载与磁盘。`vivace_refusals_total` 中该错误码上升，是主播即将被移除的预警。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207001,
        symbol: "StateNodeUnknown",
        official: None,
        source: "003:37",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The place where the room's state is kept could not be found",
            cause: "Before anything was read, the server could not determine or connect to the keeper of the app's or room's state: the Redis or Valkey server or, in cluster mode, the shard responsible for the key.",
            remedy: "Check that Redis or Valkey runs, that its configured address is reachable from every node, and that all cluster slots are served; verify the setting with `vivace check-config`. The `fault` field of the log line names the address that was tried.",
        },
        zh: Text {
            message: "找不到保存房间状态的节点",
            cause: "在读取任何数据之前，服务器无法确定或无法连接保存该应用或房间状态的组件：Redis 或 Valkey，集群模式下则为负责该键的分片。",
            remedy: "确认 Redis 或 Valkey 正在运行、配置的地址在每个节点上都可达，且集群的全部槽位都有节点服务；用 `vivace check-config` 核对设置。日志行的 `fault` 字段会给出所尝试的地址。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207002,
        symbol: "MixFailed",
        official: None,
        source: "003:38",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "The streams were not mixed",
            cause: "The parameters of merge_stream are in order, but the mixing worker could not be reached, did not answer in time or ended. If the worker itself declines, for example because an input is not publishing yet, the code is 0 and `merge_code` is not.",
            remedy: "Look at the log lines of the worker with this `room` and `stream`, and check that a node with free capacity for mixing runs. Clients may repeat the request a few times, two seconds apart.",
        },
        zh: Text {
            message: "各路流未能混合",
            cause: "merge_stream 的参数没有问题，但无法连接混流工作进程，或它没有按时应答、已退出。若由混流进程自身拒绝（例如某路输入尚未开始推流），则 code 为 0，而 `merge_code` 不为 0。",
            remedy: "查看带有该 `room` 和 `stream` 的工作进程日志，确认有具备空闲混流能力的节点在运行。客户端可每隔两秒重试几次。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207003,
        symbol: "SetFieldFailed",
        official: None,
        source: "003:39",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The custom field was not set",
            cause: "set_custom_field names a room that does not exist, or inc or dec meets a stored value or a step that is not a whole number, or the value could not be written to the store.",
            remedy: "Do not mix set with texts and inc or dec on one field; call get_custom_info to see the stored value. The `fault` field of the log line for this `room` tells these cases from a database failure.",
        },
        zh: Text {
            message: "自定义字段未能写入",
            cause: "set_custom_field 所指的房间不存在，或 inc、dec 遇到的已存值或步长不是整数，或值无法写入存储。",
            remedy: "不要对同一字段既 set 文本又做 inc、dec；可调用 get_custom_info 查看已存的值。该 `room` 日志行的 `fault` 字段可将这些情况与数据库故障区分开。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207004,
        symbol: "GetFieldFailed",
        official: None,
        source: "003:40",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The custom fields could not be read",
            cause: "get_custom_info names a room that does not exist or has ended, or its fields could not be read from the store. A room without fields gives an empty object, not this code.",
            remedy: "Check that the room is still listed by get_room_list. If it is, follow the `fault` field of the log line for this `room` to the database.",
        },
        zh: Text {
            message: "无法读取自定义字段",
            cause: "get_custom_info 所指的房间不存在或已结束，或其字段无法从存储中读取。没有任何字段的房间会返回空对象，而不是此码。",
            remedy: "用 get_room_list 确认该房间是否仍在列表中。若仍在，请根据该 `room` 日志行的 `fault` 字段检查数据库。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207005,
        symbol: "ActionUnsupported",
        official: None,
        source: "003:41",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room service has no such operation",
            cause: "The path names a room type that is served, but its last part is no operation of the room service.",
            remedy: "Correct the operation name at the end of the path, such as `/weapp/live_room/get_room_list`. If the client is right, look for a proxy rule that rewrites or shortens the path.",
        },
        zh: Text {
            message: "房间服务没有这个操作",
            cause: "路径中的房间类型受支持，但最后一段不是房间服务的任何操作。",
            remedy: "修正路径末尾的操作名，例如 `/weapp/live_room/get_room_list`。若客户端无误，请检查代理是否有改写或截断路径的规则。",
        },
    },
    Row {
        table: Table::Liveroom,
        number: 207006,
        symbol: "RoomTypeUnsupported",
        official: None,
        source: "003:42",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This type of room is not served",
            cause: "The part of the path after `/weapp/` names a room type that this server does not serve; `live_room` is always served.",
            remedy: "Let the client use `/weapp/live_room/` as its prefix. The received path stands in the log line of the request.",
        },
        zh: Text {
            message: "服务器不提供这种类型的房间",
            cause: "路径中 `/weapp/` 之后的部分是本服务器不提供的房间类型；`live_room` 始终可用。",
            remedy: "让客户端使用 `/weapp/live_room/` 作为前缀。该请求的日志行中记录了收到的路径。",
        },
    },
];
