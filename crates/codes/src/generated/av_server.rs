//! Table `av-server`, generated from `tables/av-server.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Interactive rooms: refusals of the room service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AvServer {
    /// `10001`: The room service failed.
    Unclassified,
    /// `10002`: The room service refused an argument.
    InvalidArgument,
    /// `10003`: Permission denied.
    PermissionDenied,
    /// `10004`: The room service did not answer in time.
    NodeTimeout,
    /// `10005`: A limit of the room service is reached.
    LimitReached,
    /// `10006`: The caller is not in the room.
    CallerNotInRoom,
    /// `10007`: The room service does not have this feature.
    FeatureAbsent,
    /// `10008`: The operation was already carried out.
    AlreadyDone,
    /// `10009`: The room does not exist.
    RoomUnknown,
    /// `10010`: The member named in the request is not in the room.
    MemberUnknown,
    /// `10011`: The client's media abilities do not fit the room.
    UnsupportedAbility,
}

impl AvServer {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<AvServer> for &'static Row {
    fn from(code: AvServer) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Interactive rooms: refusals of the room service",
    "互动房间：房间服务的拒绝",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 11] = [
    Row {
        table: Table::AvServer,
        number: 10001,
        symbol: "Unclassified",
        official: Some("AV_ERR_SERVER_FAILED"),
        source: "001:35",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room service failed",
            cause: "The room node met a fault that no other code of this table describes: a message that could not be decoded, an empty body, an internal error, or a request that came before the login was complete.",
            remedy: "Find the line of this `session` and `room` in the server's log; its `fault` and the sub-code in the client's detail text name the real reason. If the login was not finished, correct the order of calls in the app.",
        },
        zh: Text {
            message: "房间服务内部失败",
            cause: "房间节点遇到本表其他条目未描述的故障：消息无法解码、消息体为空、内部错误，或请求早于登录完成。",
            remedy: "在服务器日志中查该 `session` 和 `room` 的记录，其 `fault` 与客户端详细文本中的子码说明了真正原因。若是登录未完成，请调整应用的调用顺序。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10002,
        symbol: "InvalidArgument",
        official: Some("AV_ERR_SERVER_INVALID_ARGUMENT"),
        source: "001:36",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room service refused an argument",
            cause: "A value reached the room service that it cannot use: an unknown sdkappid, room number 0, a wrong room type, or a permission set that creates a room without the right to join it.",
            remedy: "Compare the sdkappid with `vivace app show` and check room number and permission bits in the app. The `fault` in the log line of this `session` names the field.",
        },
        zh: Text {
            message: "房间服务拒绝了某个参数",
            cause: "房间服务收到无法使用的值：sdkappid 不存在、房间号为 0、房间类型不对，或权限位要求创建房间却没有进房权限。",
            remedy: "用 `vivace app show` 核对 sdkappid，并检查应用中的房间号和权限位。该 `session` 日志中的 `fault` 会指出是哪个字段。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10003,
        symbol: "PermissionDenied",
        official: Some("AV_ERR_SERVER_NO_PERMISSION"),
        source: "001:37",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "Permission denied",
            cause: "The signature or the room permission key is wrong, expired or made for another user or room, or the bit for the act (create, join, send, receive) is not set in it.",
            remedy: "Issue a new signature and key with the app's secrets from `vivace app show`, for this user and room, with the bits needed, and check the clocks of both machines. The `fault` of the log line tells a wrong signature, an expired one and a missing bit apart.",
        },
        zh: Text {
            message: "没有权限",
            cause: "签名或房间权限密钥错误、过期，或是为其他用户、其他房间签发的；或者其中没有该操作（创建、进房、发送、接收）的权限位。",
            remedy: "用 `vivace app show` 给出的密钥，为该用户和房间重新签发签名与权限密钥，带上所需权限位，并核对两端时钟。日志中的 `fault` 会区分签名错误、签名过期和缺少权限位。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10004,
        symbol: "NodeTimeout",
        official: Some("AV_ERR_SERVER_TIMEOUT"),
        source: "001:38",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room service did not answer in time",
            cause: "The request reached a front of the room service, but the node that owns the room did not answer it within the limit: it is overloaded, stopped, or cut off from the others.",
            remedy: "Look at the log of the node that owns the `room`, its load, and the connection between the nodes. A rising `vivace_refusals_total{table=\"av-server\",code=\"10004\"}` tells since when.",
        },
        zh: Text {
            message: "房间服务未及时应答",
            cause: "请求已到达房间服务前端，但持有该房间的节点未在限定时间内应答：节点过载、停止，或与其他节点断开。",
            remedy: "查看持有该 `room` 的节点的日志和负载，以及节点之间的连接。`vivace_refusals_total{table=\"av-server\",code=\"10004\"}` 的上升可看出从何时开始。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10005,
        symbol: "LimitReached",
        official: Some("AV_ERR_SERVER_ALLOC_RESOURCE_FAILED"),
        source: "001:39",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "A limit of the room service is reached",
            cause: "The room is full, the app has reached its number of rooms or users, rooms are created too fast, or no media node has room left.",
            remedy: "The `fault` of the log line names the limit that was met. Raise it in the configuration and verify with `vivace check-config`, close unused rooms, or add a node.",
        },
        zh: Text {
            message: "已达到房间服务的上限",
            cause: "房间已满、应用的房间数或用户数已到上限、创建房间过于频繁，或没有媒体节点还有余量。",
            remedy: "日志中的 `fault` 会指明触及哪项限制。可在配置中调高并用 `vivace check-config` 检查，关闭不用的房间，或增加节点。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10006,
        symbol: "CallerNotInRoom",
        official: Some("AV_ERR_SERVER_ID_NOT_IN_ROOM"),
        source: "001:40",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The caller is not in the room",
            cause: "A request inside a room came from a user whom the room does not hold: never entered, already left, removed, or dropped after 90 s of silence.",
            remedy: "In the app, enter the room again and repeat the request. The room's log lines for this `session` show when and why the member was dropped.",
        },
        zh: Text {
            message: "调用者不在房间内",
            cause: "发出房内请求的用户不在该房间：从未进房、已经退房、被移出，或静默 90 秒后被清除。",
            remedy: "应用应重新进房后再请求。按该 `session` 查看房间日志，可知成员何时、因何被清除。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10007,
        symbol: "FeatureAbsent",
        official: Some("AV_ERR_SERVER_NOT_IMPLEMENT"),
        source: "001:41",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room service does not have this feature",
            cause: "The client sent a command that this server does not know, or one for a feature that it lacks or that is switched off for the app.",
            remedy: "Do without the feature in the app. The log line of the `session` names the command; if a newer server version has it, upgrade every node.",
        },
        zh: Text {
            message: "房间服务没有此功能",
            cause: "客户端发送了服务器不认识的命令，或请求了服务器不具备、已为该应用关闭的功能。",
            remedy: "应用应避开此功能。该 `session` 的日志会写明命令；若新版服务器支持，请升级所有节点。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10008,
        symbol: "AlreadyDone",
        official: Some("AV_ERR_SERVER_REPEATED_OPERATION"),
        source: "001:42",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The operation was already carried out",
            cause: "The room has already done this for the same session: a second enter, a room that is to be created while it exists, or a second request for the auxiliary slot that it holds.",
            remedy: "In the app, keep the result of the first request and do not send it twice. The log shows the first one under the same `session`.",
        },
        zh: Text {
            message: "该操作此前已执行",
            cause: "房间已为同一会话做过此操作：再次进房、创建已存在的房间，或再次申请自己已占有的辅路。",
            remedy: "应用应保留第一次请求的结果，不要重复发送。日志中同一 `session` 下可以看到第一次请求。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10009,
        symbol: "RoomUnknown",
        official: Some("AV_ERR_SERVER_ID_NOT_IN_ROOM"),
        source: "001:43",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room does not exist",
            cause: "The named room is not live: it was to be entered without creating it, or it is the target of a room switch or cross-room link, and nobody is in it or it has just been recycled.",
            remedy: "Check the room number and the sdkappid in the app, or let the enter create the room. The log lines of the `room` show when it last ended.",
        },
        zh: Text {
            message: "房间不存在",
            cause: "指定的房间当前不存在：进房时未要求创建，或它是切换房间、跨房连麦的目标，而房内已无人或刚被回收。",
            remedy: "检查应用中的房间号和 sdkappid，或在进房时允许创建。按 `room` 查日志可知该房间上次何时结束。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10010,
        symbol: "MemberUnknown",
        official: Some("AV_ERR_SERVER_ENDPOINT_NOT_EXIST"),
        source: "001:44",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The member named in the request is not in the room",
            cause: "The caller is in the room, but the user whom the request is about (view, removal, cross-room link) is not.",
            remedy: "In the app, refresh the member list from the member events and check the spelling of the user id. The log of the `room` shows when that member left.",
        },
        zh: Text {
            message: "请求中的成员不在房间内",
            cause: "调用者在房间内，但请求所针对的用户（请求画面、移出、跨房连麦）不在。",
            remedy: "应用应按成员事件刷新成员列表，并核对用户标识的拼写。房间日志按 `room` 可查到该成员何时离开。",
        },
    },
    Row {
        table: Table::AvServer,
        number: 10011,
        symbol: "UnsupportedAbility",
        official: Some("AV_ERR_SERVER_INVALID_ABILITY"),
        source: "001:45",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The client's media abilities do not fit the room",
            cause: "The client offers or asks for a codec, video source or layer that the room does not accept, or lacks a codec that the room requires.",
            remedy: "Compare the codecs that the client offers with those the room allows; the `fault` of the log line names the one in question. Update the client or widen the room's codec list.",
        },
        zh: Text {
            message: "客户端的媒体能力与房间不符",
            cause: "客户端提供或请求了房间不接受的编码、视频来源或分层，或缺少房间要求的编码。",
            remedy: "将客户端提供的编码与房间允许的编码对照，日志中的 `fault` 会指明是哪一项。请更新客户端，或放宽房间的编码列表。",
        },
    },
];
