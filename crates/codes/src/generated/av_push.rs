//! Table `av-push`, generated from `tables/av-push.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Interactive rooms: push of a member's video to live broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AvPush {
    /// `40000000`: The push request cannot be decoded.
    RequestUndecodable,
    /// `40000001`: The push request is missing from the body.
    RequestBodyMissing,
    /// `40000002`: The push operation is missing.
    OperationMissing,
    /// `40000003`: The output format of the push is missing.
    OutputFormatMissing,
    /// `40000004`: The video source to push is not valid.
    VideoSourceInvalid,
    /// `40000005`: The push operation is unknown.
    OperationInvalid,
    /// `40000006`: The user id of the push request is not valid.
    UserIdInvalid,
    /// `40000007`: The room number of the push request is 0.
    RoomNumberZero,
    /// `40000201`: The head of the internal push order could not be written.
    InternalHeadUnencodable,
    /// `40000202`: The body of the internal push order could not be written.
    InternalBodyUnencodable,
    /// `40000203`: The extension of the internal push order could not be written.
    InternalExtensionUnencodable,
    /// `40000207`: No pusher is available.
    WorkerAddressUnknown,
    /// `40000208`: The pusher did not answer in time.
    WorkerTimeout,
    /// `40000301`: The pusher's answer cannot be decoded: outer frame.
    WorkerFrameUndecodable,
    /// `40000302`: The pusher's answer cannot be decoded: inner message.
    WorkerBodyUndecodable,
    /// `40000303`: The pusher's answer has no media address.
    WorkerIpMissing,
    /// `40000304`: The pusher's answer has no media port.
    WorkerPortMissing,
    /// `40000305`: The pusher's answer has no result.
    WorkerResultMissing,
    /// `40000306`: A play address in the pusher's answer is too long.
    PlayUrlTooLong,
    /// `40000401`: The room registry's address is unknown.
    RegistryAddressUnknown,
    /// `40000402`: The room registry could not be read.
    RegistryReadFailed,
    /// `40000403`: The room has no record in the registry.
    RoomNotRegistered,
    /// `40000404`: The room's node did not answer in time.
    NodeTimeout,
    /// `40000405`: The room node's answer cannot be decoded: outer frame.
    NodeFrameUndecodable,
    /// `40000406`: The room node's answer cannot be decoded: head.
    NodeHeadUndecodable,
    /// `40000407`: The room node's answer cannot be decoded: body.
    NodeBodyUndecodable,
    /// `40000408`: The room node's answer has no result.
    NodeResultMissing,
    /// `40000409`: The room node's answer cannot be decoded: list of push jobs.
    NodeJobListUndecodable,
    /// `40000410`: The room to push from does not exist any more.
    RoomEnded,
    /// `40000411`: The user who asks for the push is not in the room.
    InitiatorNotInRoom,
    /// `40000412`: There is no push to stop: the node has no such job.
    NoActiveJob,
    /// `40000413`: There is no push to stop: the pusher has ended it.
    JobAlreadyEnded,
    /// `40000414`: The room node does not know the push operation.
    NodeOperationUnknown,
    /// `40000415`: This video is already being pushed.
    AlreadyRunning,
    /// `40000500`: The push was requested again too soon.
    StartTooSoon,
    /// `1001`: The app may not push.
    AppNotPermitted,
    /// `20101`: The number of channels has reached its limit.
    ChannelQuota,
    /// `20406`: The account is in arrears.
    AccountInArrears,
    /// `50002`: The channel manager refused the user id or sdkappid.
    ChannelArgumentsInvalid,
    /// `50003`: The pusher was given no address to fetch the video from.
    SourceAddressMissing,
    /// `50004`: The output format of the push is not supported.
    OutputFormatUnsupported,
    /// `50005`: The channel manager could not be reached in time.
    ChannelManagerUnreachable,
    /// `50006`: The channel manager did not answer in time.
    ChannelManagerSilent,
    /// `50007`: The channel manager answered without data.
    ChannelDataEmpty,
}

impl AvPush {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<AvPush> for &'static Row {
    fn from(code: AvPush) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Interactive rooms: push of a member's video to live broadcast",
    "互动房间：将成员画面推流到直播",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 44] = [
    Row {
        table: Table::AvPush,
        number: 40000000,
        symbol: "RequestUndecodable",
        official: None,
        source: "001:86",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The push request cannot be decoded",
            cause: "The relay received a body for sub-command 0x6 that is neither readable JSON nor readable protobuf, or whose fields have the wrong types.",
            remedy: "The developer compares the body with the documented one. The relay's log line of this `session` says in `fault` at which field decoding stopped.",
        },
        zh: Text {
            message: "推流请求无法解码",
            cause: "中继收到的 0x6 子命令请求体既不是可读的 JSON，也不是可读的 protobuf，或字段类型不对。",
            remedy: "开发者对照文档检查请求体。中继日志中该 `session` 的 `fault` 会说明解码停在哪个字段。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000001,
        symbol: "RequestBodyMissing",
        official: None,
        source: "001:87",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The push request is missing from the body",
            cause: "The request was decoded and its head names sub-command 0x6, but the body holds no `req_0x6`.",
            remedy: "The developer puts the push fields into `reqbody.req_0x6`, and makes sure that the sub-command in the head is the intended one.",
        },
        zh: Text {
            message: "请求体中缺少推流请求",
            cause: "请求已解码，头部标明子命令 0x6，但请求体中没有 `req_0x6`。",
            remedy: "开发者应把推流字段放入 `reqbody.req_0x6`，并确认头部的子命令正确。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000002,
        symbol: "OperationMissing",
        official: None,
        source: "001:88",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The push operation is missing",
            cause: "The request has no `uint32_oper`, so the relay cannot tell a start from a stop.",
            remedy: "The developer sends `uint32_oper` with every request: 1 starts the push, 2 stops it.",
        },
        zh: Text {
            message: "缺少推流操作",
            cause: "请求没有 `uint32_oper`，中继无法分辨是开始还是停止。",
            remedy: "开发者应在每个请求中填写 `uint32_oper`：1 为开始推流，2 为停止。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000003,
        symbol: "OutputFormatMissing",
        official: None,
        source: "001:89",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The output format of the push is missing",
            cause: "A start of the push came without `uint32_live_code`. A value that is present but not supported gives 50004 instead.",
            remedy: "The developer sets `uint32_live_code` in the start: 1 for HLS, 5 for RTMP, 6 for both.",
        },
        zh: Text {
            message: "缺少推流的输出格式",
            cause: "开始推流的请求没有 `uint32_live_code`。若填了但不受支持，则返回 50004。",
            remedy: "开发者应在开始请求中填写 `uint32_live_code`：1 为 HLS，5 为 RTMP，6 为两者。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000004,
        symbol: "VideoSourceInvalid",
        official: None,
        source: "001:90",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The video source to push is not valid",
            cause: "`uint32_push_data_type` is absent or neither 0 (camera) nor 1 (screen).",
            remedy: "The developer sets `uint32_push_data_type` to the source that the member sends, in the start and in the stop alike.",
        },
        zh: Text {
            message: "要推流的视频来源无效",
            cause: "`uint32_push_data_type` 缺失，或既不是 0（摄像头）也不是 1（屏幕）。",
            remedy: "开发者应将 `uint32_push_data_type` 设为成员实际发送的来源，开始与停止须一致。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000005,
        symbol: "OperationInvalid",
        official: None,
        source: "001:91",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The push operation is unknown",
            cause: "`uint32_oper` is present, but it is neither 1 (start) nor 2 (stop).",
            remedy: "The developer corrects `uint32_oper` to 1 or 2. The relay's log line of this `session` shows the value received.",
        },
        zh: Text {
            message: "推流操作未知",
            cause: "`uint32_oper` 已填写，但既不是 1（开始）也不是 2（停止）。",
            remedy: "开发者应将 `uint32_oper` 改为 1 或 2。中继日志中该 `session` 的记录会写明收到的值。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000006,
        symbol: "UserIdInvalid",
        official: None,
        source: "001:92",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user id of the push request is not valid",
            cause: "`rpt_to_Account` is absent or empty, holds more than one account, or holds one that is not a well-formed user id.",
            remedy: "The developer sends exactly one user id in `rpt_to_Account`: the member whose video is to be pushed.",
        },
        zh: Text {
            message: "推流请求的用户标识无效",
            cause: "`rpt_to_Account` 缺失、为空、含多个帐号，或其中的帐号不是合法的用户标识。",
            remedy: "开发者应在 `rpt_to_Account` 中只填一个用户标识，即要推流的成员。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000007,
        symbol: "RoomNumberZero",
        official: None,
        source: "001:93",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room number of the push request is 0",
            cause: "`uint32_auth_key` in the head, which carries the room number, is 0 or was left out.",
            remedy: "The developer fills in the number with which the members enter the room (relation_id), not the id that the service assigned to it.",
        },
        zh: Text {
            message: "推流请求的房间号为 0",
            cause: "头部携带房间号的 `uint32_auth_key` 为 0 或未填写。",
            remedy: "开发者应填写成员进房所用的房间号（relation_id），而不是服务分配的房间标识。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000201,
        symbol: "InternalHeadUnencodable",
        official: None,
        source: "001:94",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The head of the internal push order could not be written",
            cause: "On the hop from the relay to the pusher, the relay could not encode the head of the order: routing, room number, account or sequence did not fit their fields.",
            remedy: "Find the relay's log line of this `session` and `room`; `fault` names the head field that did not fit. If the account or room number is ordinary, it is a defect of the relay: keep the line and update it.",
        },
        zh: Text {
            message: "内部推流指令的头部无法写出",
            cause: "在中继到推流器这一跳，中继无法编码指令头部：路由、房间号、帐号或序号放不进相应字段。",
            remedy: "在中继日志中查该 `session` 和 `room` 的记录，`fault` 会指明放不下的头部字段。若帐号和房间号都正常，则是中继的缺陷：请保留该记录并升级。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000202,
        symbol: "InternalBodyUnencodable",
        official: None,
        source: "001:95",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The body of the internal push order could not be written",
            cause: "On the hop from the relay to the pusher, the head was written but the body was not: mostly the channel name or its description is longer than the field that the order has for it.",
            remedy: "Shorten channel name and description first. Otherwise find the relay's log line of this `session` and `room`; `fault` names the body field and its length.",
        },
        zh: Text {
            message: "内部推流指令的主体无法写出",
            cause: "在中继到推流器这一跳，头部已写出而主体未能写出：多数是频道名称或描述超过了指令中该字段的长度。",
            remedy: "先缩短频道名称和描述。若无效，请在中继日志中查该 `session` 和 `room` 的记录，`fault` 会指明主体字段及其长度。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000203,
        symbol: "InternalExtensionUnencodable",
        official: None,
        source: "001:96",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The extension of the internal push order could not be written",
            cause: "On the hop from the relay to the pusher, head and body were written but not the optional part that carries bit rates, watermark and the record-while-pushing flag.",
            remedy: "Leave out optional fields or shorten the list of rates. The relay's log line of this `session` and `room` names in `fault` the optional field that did not fit.",
        },
        zh: Text {
            message: "内部推流指令的扩展部分无法写出",
            cause: "在中继到推流器这一跳，头部和主体已写出，但携带码率档、水印和边推边录标志的可选部分未能写出。",
            remedy: "去掉可选字段，或减少码率档。中继日志中该 `session` 和 `room` 的 `fault` 会指明放不下的可选字段。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000207,
        symbol: "WorkerAddressUnknown",
        official: None,
        source: "001:97",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "No pusher is available",
            cause: "The relay had a valid request and a live room, but no pusher holds a valid registration, so there was no address to send the order to.",
            remedy: "Check that the push feature is switched on and that at least one pusher is running; `vivace check-config` shows errors in its settings. Its log tells whether it registered, and why its registration lapsed.",
        },
        zh: Text {
            message: "没有可用的推流器",
            cause: "请求有效、房间也在，但没有任何推流器处于有效注册状态，中继得不到发送指令的地址。",
            remedy: "检查推流功能已开启，且至少有一个推流器在运行；`vivace check-config` 可查出其配置错误。推流器日志会说明是否注册成功、注册为何失效。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000208,
        symbol: "WorkerTimeout",
        official: None,
        source: "001:98",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The pusher did not answer in time",
            cause: "The relay sent the order to a registered pusher, and no answer came within the limit: the pusher is stuck, overloaded or itself waiting for the channel manager, or the link to it is broken.",
            remedy: "Look at the pusher's log for this `room` and `stream`, then at its load and at the channel manager's answers. `vivace_refusals_total{table=\"av-push\",code=\"40000208\"}` shows whether it is a single case.",
        },
        zh: Text {
            message: "推流器未及时应答",
            cause: "中继已把指令发给已注册的推流器，但在限定时间内没有应答：推流器卡住、过载或自身在等频道管理器，或与它的连接中断。",
            remedy: "在推流器日志中查该 `room` 和 `stream`，再看其负载和频道管理器的应答情况。`vivace_refusals_total{table=\"av-push\",code=\"40000208\"}` 可看出是否只是个例。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000301,
        symbol: "WorkerFrameUndecodable",
        official: None,
        source: "001:99",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The pusher's answer cannot be decoded: outer frame",
            cause: "Bytes came back from the pusher's address, but their outer frame (length, kind, version) is not that of an internal answer, so the relay did not look inside.",
            remedy: "Make sure that the registered address really is a pusher and that relay and pusher run the same Vivace version. The relay's log line of this `session` gives the unexpected frame in `fault`.",
        },
        zh: Text {
            message: "推流器的应答无法解码：外层帧",
            cause: "推流器地址有数据返回，但其外层帧（长度、类型、版本）不是内部应答的格式，中继因此没有再解析内容。",
            remedy: "确认注册的地址确实是推流器，且中继与推流器为同一 Vivace 版本。中继日志中该 `session` 的 `fault` 会给出异常的帧。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000302,
        symbol: "WorkerBodyUndecodable",
        official: None,
        source: "001:100",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The pusher's answer cannot be decoded: inner message",
            cause: "The outer frame of the pusher's answer was sound, but the message inside could not be decoded: it was cut short or written by another version.",
            remedy: "Run the same Vivace version on relay and pusher. The relay's log line of this `session` names in `fault` the inner field at which decoding stopped; the pusher's line for the same `room` shows what it meant to send.",
        },
        zh: Text {
            message: "推流器的应答无法解码：内层消息",
            cause: "推流器应答的外层帧正常，但内层消息无法解码：内容被截断，或由其他版本写成。",
            remedy: "让中继与推流器使用同一 Vivace 版本。中继日志中该 `session` 的 `fault` 会指明解码停在哪个内层字段，推流器日志中同一 `room` 的记录可看出它本要发送什么。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000303,
        symbol: "WorkerIpMissing",
        official: None,
        source: "001:101",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The pusher's answer has no media address",
            cause: "The pusher accepted the order, but its answer leaves out the IP address to which the room node should send the media.",
            remedy: "Check the address that the pusher is configured to announce, and verify it with `vivace check-config` on the pusher's machine. Its log at start-up names the address that it took.",
        },
        zh: Text {
            message: "推流器的应答缺少媒体地址",
            cause: "推流器接受了指令，但应答中没有给出房间节点应当把媒体发往的 IP 地址。",
            remedy: "检查推流器配置的对外地址，在其机器上用 `vivace check-config` 验证。推流器启动日志会写明实际采用的地址。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000304,
        symbol: "WorkerPortMissing",
        official: None,
        source: "001:102",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The pusher's answer has no media port",
            cause: "The pusher's answer gives an IP address but no port, or port 0: the pusher has no open media port for this job.",
            remedy: "Look in the pusher's log for a media port that could not be opened, and check that its port range is free and large enough for the jobs that run.",
        },
        zh: Text {
            message: "推流器的应答缺少媒体端口",
            cause: "推流器的应答给出了 IP 地址，但没有端口或端口为 0：它没有为该任务打开媒体端口。",
            remedy: "在推流器日志中查打开媒体端口失败的记录，并检查端口范围是否空闲、是否够正在运行的任务使用。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000305,
        symbol: "WorkerResultMissing",
        official: None,
        source: "001:103",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The pusher's answer has no result",
            cause: "The pusher's answer was decoded, but it lacks the result that says whether the job was accepted, so the relay cannot claim that the push started or ended.",
            remedy: "Look in the pusher's log for this `room` and `stream` to see whether the job exists, before the request is sent again. If it recurs, compare the versions of relay and pusher.",
        },
        zh: Text {
            message: "推流器的应答缺少结果",
            cause: "推流器的应答已解码，但没有说明任务是否被接受的结果，中继无法断定推流已开始或已结束。",
            remedy: "再次请求之前，先在推流器日志中按 `room` 和 `stream` 查任务是否存在。若反复出现，请核对中继与推流器的版本。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000306,
        symbol: "PlayUrlTooLong",
        official: None,
        source: "001:104",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "A play address in the pusher's answer is too long",
            cause: "The pusher's answer was decoded and accepts the job, but one of the play addresses in it is longer than the reply's address field, and the relay does not cut it.",
            remedy: "Shorten what the address is made of: the public host name, the app path or the parameters added to play addresses. The relay's log line of this `session` and `stream` gives the length and the limit in `fault`.",
        },
        zh: Text {
            message: "推流器应答中的播放地址过长",
            cause: "推流器的应答已解码且接受了任务，但其中某个播放地址超过了回复中地址字段的长度，中继不会截断。",
            remedy: "缩短地址的组成部分：对外域名、应用路径或附加在播放地址上的参数。中继日志中该 `session` 和 `stream` 的 `fault` 会给出实际长度与上限。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000401,
        symbol: "RegistryAddressUnknown",
        official: None,
        source: "001:105",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The room registry's address is unknown",
            cause: "Before the push, the relay looks up the room's stored record, but the registry's address is not configured or its host name cannot be resolved.",
            remedy: "Check the registry setting with `vivace check-config` and the name resolution on the relay's machine. The relay's log line of this `session` names in `fault` the address that it tried.",
        },
        zh: Text {
            message: "不知道房间注册表的地址",
            cause: "推流之前中继要查询房间的存储记录，但注册表地址没有配置，或其主机名无法解析。",
            remedy: "用 `vivace check-config` 检查注册表配置，并检查中继所在机器的域名解析。中继日志中该 `session` 的 `fault` 会写明尝试的地址。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000402,
        symbol: "RegistryReadFailed",
        official: None,
        source: "001:106",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room registry could not be read",
            cause: "The registry's address is known, but reading the room's record failed: the connection was refused or broken, or the registry answered with an error.",
            remedy: "Check that the registry runs and is reachable from the relay. The relay's log line of this `session` and `room` gives the read error in `fault`; `vivace_refusals_total{table=\"av-push\",code=\"40000402\"}` shows since when.",
        },
        zh: Text {
            message: "读取房间注册表失败",
            cause: "注册表地址已知，但读取房间记录失败：连接被拒绝或中断，或注册表返回错误。",
            remedy: "检查注册表在运行，且中继能够连到它。中继日志中该 `session` 和 `room` 的 `fault` 给出读取错误，`vivace_refusals_total{table=\"av-push\",code=\"40000402\"}` 可看出从何时开始。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000403,
        symbol: "RoomNotRegistered",
        official: None,
        source: "001:107",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room has no record in the registry",
            cause: "The registry was read and holds no record for this room number of this app: nobody has opened the room, or the number in `uint32_auth_key` is wrong.",
            remedy: "Check room number and sdkappid of the request (`vivace app show` lists the latter), and that a member has entered. The log lines of the `room` show whether it was ever opened.",
        },
        zh: Text {
            message: "注册表中没有该房间的记录",
            cause: "注册表读取成功，但其中没有该应用下此房间号的记录：房间尚未有人开启，或 `uint32_auth_key` 中的房间号不对。",
            remedy: "检查请求中的房间号与 sdkappid（后者可用 `vivace app show` 查看），并确认已有成员进房。按 `room` 查日志可知该房间是否开启过。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000404,
        symbol: "NodeTimeout",
        official: None,
        source: "001:108",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room's node did not answer in time",
            cause: "The registry named the node that owns the room, but the node did not answer the relay's question about room and member within the limit.",
            remedy: "Look at the log and load of that node and at the link from the relay to it. The relay's log line of this `session` names the node; if the node is down, the record goes stale and the room must be entered anew.",
        },
        zh: Text {
            message: "房间节点未及时应答",
            cause: "注册表给出了持有该房间的节点，但节点未在限定时间内应答中继对房间和成员的询问。",
            remedy: "查看该节点的日志与负载，以及中继到它的连接。中继日志中该 `session` 的记录会写明节点；若节点已停，其登记随之失效，需重新进房。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000405,
        symbol: "NodeFrameUndecodable",
        official: None,
        source: "001:109",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer cannot be decoded: outer frame",
            cause: "While the room was looked up, the node's address returned bytes whose outer frame is not that of an internal answer.",
            remedy: "Make sure that the registered address belongs to a room node and that all nodes run the same Vivace version. The relay's log line of this `session` and `room` shows the frame in `fault`.",
        },
        zh: Text {
            message: "房间节点的应答无法解码：外层帧",
            cause: "查询房间时，节点地址返回的数据其外层帧不是内部应答的格式。",
            remedy: "确认登记的地址确实是房间节点，且所有节点为同一 Vivace 版本。中继日志中该 `session` 和 `room` 的 `fault` 会给出该帧。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000406,
        symbol: "NodeHeadUndecodable",
        official: None,
        source: "001:110",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer cannot be decoded: head",
            cause: "While the room was looked up, the frame of the node's answer was sound, but its head (sequence, operation, room) could not be decoded or belongs to another question.",
            remedy: "Run the same Vivace version on relay and room node. The relay's log line of this `session` and `room` names the head field in `fault`.",
        },
        zh: Text {
            message: "房间节点的应答无法解码：头部",
            cause: "查询房间时，节点应答的帧正常，但头部（序号、操作、房间）无法解码，或与本次询问对不上。",
            remedy: "让中继与房间节点使用同一 Vivace 版本。中继日志中该 `session` 和 `room` 的 `fault` 会指明头部字段。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000407,
        symbol: "NodeBodyUndecodable",
        official: None,
        source: "001:111",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer cannot be decoded: body",
            cause: "While the room was looked up, frame and head of the node's answer were sound, but the body that describes room and member could not be decoded.",
            remedy: "Run the same Vivace version on relay and room node. The relay's log line of this `session` and `room` names the body field in `fault`; the node's line for the same `room` shows what it answered.",
        },
        zh: Text {
            message: "房间节点的应答无法解码：主体",
            cause: "查询房间时，节点应答的帧和头部正常，但描述房间与成员的主体无法解码。",
            remedy: "让中继与房间节点使用同一 Vivace 版本。中继日志中该 `session` 和 `room` 的 `fault` 会指明主体字段，节点日志中同一 `room` 的记录可看出它的答复。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000408,
        symbol: "NodeResultMissing",
        official: None,
        source: "001:112",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer has no result",
            cause: "While the room was looked up, the node's answer was decoded in full, but it lacks the result that says whether the node accepted the operation.",
            remedy: "Look in the node's log for this `room` and `stream` to see whether the push job exists before asking again. If it recurs, compare the versions of relay and node.",
        },
        zh: Text {
            message: "房间节点的应答缺少结果",
            cause: "查询房间时，节点的应答已完整解码，但没有说明节点是否接受该操作的结果。",
            remedy: "再次请求之前，先在节点日志中按 `room` 和 `stream` 查推流任务是否存在。若反复出现，请核对中继与节点的版本。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000409,
        symbol: "NodeJobListUndecodable",
        official: None,
        source: "001:113",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer cannot be decoded: list of push jobs",
            cause: "While the room was looked up, room and member in the node's answer were read, but the list of push jobs behind them could not be decoded.",
            remedy: "Run the same Vivace version on relay and room node. The relay's log line of this `session` and `room` tells in `fault` which entry of the list was damaged.",
        },
        zh: Text {
            message: "房间节点的应答无法解码：推流任务列表",
            cause: "查询房间时，节点应答中的房间和成员已读出，但其后的推流任务列表无法解码。",
            remedy: "让中继与房间节点使用同一 Vivace 版本。中继日志中该 `session` 和 `room` 的 `fault` 会说明列表中哪一条损坏。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000410,
        symbol: "RoomEnded",
        official: None,
        source: "001:114",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room to push from does not exist any more",
            cause: "The registry still had a record of the room, but the node that it names says that there is no such room: it has just ended, because the last member left or nobody sent media.",
            remedy: "Enter the room again before the push. The node's log lines of the `room` show when and why it ended; if the record outlives the room by long, check that the node can reach the registry.",
        },
        zh: Text {
            message: "要推流的房间已不存在",
            cause: "注册表中还有该房间的记录，但其中所指的节点答复没有此房间：房间刚刚结束，因为最后一名成员离开，或一直无人上行。",
            remedy: "先重新进房再推流。按 `room` 查节点日志可知房间何时、因何结束；若记录在房间结束后长时间残留，请检查节点能否连到注册表。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000411,
        symbol: "InitiatorNotInRoom",
        official: None,
        source: "001:115",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The user who asks for the push is not in the room",
            cause: "The room is live on its node, but the account in `rpt_to_Account` is not among its members: wrong user id, or the member has left.",
            remedy: "Check the user id and that this member is in the room with camera or screen on. The node's log lines of the `room` show when the member left.",
        },
        zh: Text {
            message: "请求推流的用户不在房间内",
            cause: "房间在节点上正常存在，但 `rpt_to_Account` 中的帐号不是其成员：用户标识不对，或成员已离开。",
            remedy: "检查用户标识，并确认该成员在房间内且已打开摄像头或屏幕分享。按 `room` 查节点日志可知成员何时离开。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000412,
        symbol: "NoActiveJob",
        official: None,
        source: "001:116",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "There is no push to stop: the node has no such job",
            cause: "A stop arrived, and the room node holds no push job for this member and video source: it was stopped before, or never started.",
            remedy: "Nothing is left to stop. If a push was expected, compare the member and source of the start with those of the stop in the log lines of the `room`.",
        },
        zh: Text {
            message: "没有可停止的推流：节点上无此任务",
            cause: "收到停止请求，但房间节点上没有该成员、该来源的推流任务：此前已停止，或从未开始。",
            remedy: "无需再停止。若本应有推流，请在该 `room` 的日志中对照开始与停止请求的成员和来源。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000413,
        symbol: "JobAlreadyEnded",
        official: None,
        source: "001:117",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "There is no push to stop: the pusher has ended it",
            cause: "The room node still knew the job and passed the stop on, but the pusher had already ended the job by itself, because the member's media ran dry or the target closed the stream.",
            remedy: "Nothing is left to stop. The pusher's log line of this `stream` tells when and why the job ended: look at the publisher's network, or at the target that closed it.",
        },
        zh: Text {
            message: "没有可停止的推流：推流器已自行结束",
            cause: "房间节点仍有该任务并转发了停止请求，但推流器此前已自行结束任务：成员的媒体中断，或目标端关闭了流。",
            remedy: "无需再停止。推流器日志中该 `stream` 的记录说明任务何时、因何结束：请检查发送者的网络，或关闭该流的目标端。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000414,
        symbol: "NodeOperationUnknown",
        official: None,
        source: "001:118",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The room node does not know the push operation",
            cause: "The relay passed on a valid operation, but the room node does not know the type under which it arrived: the node runs an older version than the relay.",
            remedy: "Bring all nodes to the same Vivace version. The node's log line of this `room` shows in `fault` the operation type that it received.",
        },
        zh: Text {
            message: "房间节点不认识该推流操作",
            cause: "中继转发的操作有效，但房间节点不认识其类型：节点的版本比中继旧。",
            remedy: "将所有节点升级到同一 Vivace 版本。节点日志中该 `room` 的 `fault` 会写明收到的操作类型。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000415,
        symbol: "AlreadyRunning",
        official: None,
        source: "001:119",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This video is already being pushed",
            cause: "A start arrived 3 s or more after the last one, while the push of this member's video source is running.",
            remedy: "Nothing is to be done: the push goes on and its addresses stay the same. To change its parameters, stop it first; the log lines of this `room` and `stream` show the running job.",
        },
        zh: Text {
            message: "该画面已在推流中",
            cause: "距上一次请求已满 3 秒又收到开始请求，而该成员的这一来源正在推流。",
            remedy: "无需处理：推流继续，地址不变。若要更改参数，请先停止；该 `room` 和 `stream` 的日志可以看到正在运行的任务。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 40000500,
        symbol: "StartTooSoon",
        official: None,
        source: "001:120",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The push was requested again too soon",
            cause: "Another start for the same app, room, user and video source arrived less than 3 s after the previous start request, whether that one succeeded or not.",
            remedy: "This is ordinary rate control. The developer sends the next start no earlier than 3 s after the last one, and disables the button meanwhile; `vivace_refusals_total{table=\"av-push\",code=\"40000500\"}` shows an app that insists.",
        },
        zh: Text {
            message: "再次请求推流过于频繁",
            cause: "同一应用、房间、用户和视频来源，距上一次开始请求不足 3 秒又请求开始，无论上一次是否成功。",
            remedy: "这是正常的频率控制。开发者应在上次请求满 3 秒后再发，期间禁用按钮；`vivace_refusals_total{table=\"av-push\",code=\"40000500\"}` 可看出是否有应用反复请求。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 1001,
        symbol: "AppNotPermitted",
        official: None,
        source: "001:121",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The app may not push",
            cause: "The channel manager, which gives the push its live channel, knows no app with this sdkappid, or the app has no right to broadcast.",
            remedy: "Compare the sdkappid of the request with `vivace app show`. The channel manager's log line of this `session` tells an unknown app and a missing right apart.",
        },
        zh: Text {
            message: "该应用无权推流",
            cause: "为推流分配直播频道的频道管理器不认识此 sdkappid，或该应用没有直播权限。",
            remedy: "用 `vivace app show` 核对请求中的 sdkappid。频道管理器日志中该 `session` 的记录会区分应用不存在和缺少权限。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 20101,
        symbol: "ChannelQuota",
        official: None,
        source: "001:122",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The number of channels has reached its limit",
            cause: "The push needs a new live channel, and the app already has as many channels as its quota allows. Channels made through the broadcast interface count too.",
            remedy: "Delete channels that are no longer used, or raise the app's channel quota in the configuration. The channel manager's log line of this `session` gives in `fault` the limit that was met.",
        },
        zh: Text {
            message: "频道数量已达上限",
            cause: "推流需要新建直播频道，而该应用的频道数已到配额，通过直播接口建立的频道也计算在内。",
            remedy: "删除不再使用的频道，或在配置中调高该应用的频道配额。频道管理器日志中该 `session` 的 `fault` 会写明触及的上限。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 20406,
        symbol: "AccountInArrears",
        official: None,
        source: "001:123",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The account is in arrears",
            cause: "The channel manager refuses new channels because the operator of this server has marked the app's account as overdrawn.",
            remedy: "Settle the account and lift the mark; `vivace app show` tells which app it concerns. On a server without billing the mark was set by hand or by an import: remove it.",
        },
        zh: Text {
            message: "账户已欠费",
            cause: "本服务器的运营者将该应用的账户标记为欠费，频道管理器因此拒绝新建频道。",
            remedy: "结清账户后解除标记，可用 `vivace app show` 确认是哪个应用。若服务器不计费，则标记是手工或导入时留下的，请予移除。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50002,
        symbol: "ChannelArgumentsInvalid",
        official: None,
        source: "001:124",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The channel manager refused the user id or sdkappid",
            cause: "The relay had passed the request, but the channel manager cannot make a channel from its values: user id and sdkappid do not belong together or are not in a form that it accepts.",
            remedy: "Check the user id and compare the sdkappid with `vivace app show`. The channel manager's log line of this `session` names the refused field in `fault`.",
        },
        zh: Text {
            message: "频道管理器拒绝了用户标识或 sdkappid",
            cause: "请求通过了中继的检查，但频道管理器无法据此建立频道：用户标识与 sdkappid 不匹配，或格式不被接受。",
            remedy: "检查用户标识，并用 `vivace app show` 核对 sdkappid。频道管理器日志中该 `session` 的 `fault` 会指明被拒绝的字段。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50003,
        symbol: "SourceAddressMissing",
        official: None,
        source: "001:125",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The pusher was given no address to fetch the video from",
            cause: "The pusher had accepted the job and asked the room node where to fetch this member's video and audio, and the node gave no address: mostly no media has arrived from the member yet.",
            remedy: "Check in the node's log that the member publishes this `stream` in the `room`. If it does, the pusher's and node's lines of the same `session` show on which side the address was lost.",
        },
        zh: Text {
            message: "推流器未得到拉取画面的地址",
            cause: "推流器接受任务后，向房间节点询问从何处拉取该成员的音视频，节点没有给出地址：多数是该成员的媒体尚未到达。",
            remedy: "在节点日志中确认该成员在此 `room` 中发布了 `stream`。若已发布，推流器与节点日志中同一 `session` 的记录可看出地址在哪一侧丢失。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50004,
        symbol: "OutputFormatUnsupported",
        official: None,
        source: "001:126",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The output format of the push is not supported",
            cause: "`uint32_live_code` is present, but the channel manager makes no channel of that kind, such as 4 (raw) or 3.",
            remedy: "The developer uses 1 for HLS, 5 for RTMP or 6 for both. The channel manager's log line of this `session` shows the value received.",
        },
        zh: Text {
            message: "不支持该推流输出格式",
            cause: "`uint32_live_code` 已填写，但频道管理器不提供这种频道，例如 4（裸流）或 3。",
            remedy: "开发者应使用 1（HLS）、5（RTMP）或 6（两者）。频道管理器日志中该 `session` 的记录会写明收到的值。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50005,
        symbol: "ChannelManagerUnreachable",
        official: None,
        source: "001:127",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The channel manager could not be reached in time",
            cause: "Connecting from the pusher to the channel manager ran out of time, so no request was sent: the manager is down, its address is wrong, or a firewall drops the packets.",
            remedy: "Check that the channel manager runs and that the pusher's machine can connect to it; verify the address with `vivace check-config`. The pusher's log line of this `session` names the address it tried.",
        },
        zh: Text {
            message: "连接频道管理器超时",
            cause: "推流器连接频道管理器超时，请求并未发出：管理器未运行、地址不对，或防火墙丢弃了数据包。",
            remedy: "检查频道管理器在运行，且推流器所在机器能连到它；地址可用 `vivace check-config` 检查。推流器日志中该 `session` 的记录会写明尝试的地址。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50006,
        symbol: "ChannelManagerSilent",
        official: None,
        source: "001:128",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The channel manager did not answer in time",
            cause: "The connection to the channel manager stood and the request was sent, but the answer did not arrive within the limit. The channel may have been made all the same.",
            remedy: "Look at the channel manager's log for this `session` and at the load of its store. Before repeating by hand, check whether the channel exists already.",
        },
        zh: Text {
            message: "频道管理器未及时应答",
            cause: "与频道管理器的连接已建立、请求已发出，但未在限定时间内收到应答，频道仍有可能已经建立。",
            remedy: "在频道管理器日志中查该 `session`，并查看其存储的负载。手工重试之前，请先确认频道是否已经存在。",
        },
    },
    Row {
        table: Table::AvPush,
        number: 50007,
        symbol: "ChannelDataEmpty",
        official: None,
        source: "001:129",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The channel manager answered without data",
            cause: "The channel manager answered in time and reported no error, but the answer holds no channel and no addresses, so the push has nowhere to go.",
            remedy: "Compare the versions of pusher and channel manager, and look in the manager's log for this `session` to see what it stored. The pusher's line gives the missing field in `fault`.",
        },
        zh: Text {
            message: "频道管理器的应答没有数据",
            cause: "频道管理器及时应答且未报错，但应答中既没有频道也没有地址，推流无处可去。",
            remedy: "核对推流器与频道管理器的版本，并在管理器日志中查该 `session` 实际存储了什么。推流器的记录在 `fault` 中给出缺少的字段。",
        },
    },
];
