//! Table `av-record`, generated from `tables/av-record.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Interactive rooms: recording of a member's video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AvRecord {
    /// `30000000`: The recording request cannot be decoded.
    RequestUndecodable,
    /// `30000001`: The recording request is missing from the body.
    RequestBodyMissing,
    /// `30000002`: The file name is missing.
    FileNameMissing,
    /// `30000003`: The recording operation is missing or unknown.
    OperationMissing,
    /// `30000004`: The video source to record is not valid.
    VideoSourceInvalid,
    /// `30000201`: The head of the internal recording order could not be written.
    InternalHeadUnencodable,
    /// `30000202`: The body of the internal recording order could not be written.
    InternalBodyUnencodable,
    /// `30000203`: The extension of the internal recording order could not be written.
    InternalExtensionUnencodable,
    /// `30000207`: No recorder is available.
    WorkerAddressUnknown,
    /// `30000208`: The recorder did not answer in time.
    WorkerTimeout,
    /// `30000301`: The recorder's answer cannot be decoded: outer frame.
    WorkerFrameUndecodable,
    /// `30000302`: The recorder's answer cannot be decoded: inner message.
    WorkerBodyUndecodable,
    /// `30000303`: The recorder's answer has no media address.
    WorkerIpMissing,
    /// `30000304`: The recorder's answer has no media port.
    WorkerPortMissing,
    /// `30000305`: The recorder's answer has no result.
    WorkerResultMissing,
    /// `30000401`: The room registry's address is unknown.
    RegistryAddressUnknown,
    /// `30000402`: The room registry could not be read.
    RegistryReadFailed,
    /// `30000403`: The room has no record in the registry.
    RoomNotRegistered,
    /// `30000404`: The room's node did not answer in time.
    NodeTimeout,
    /// `30000405`: The room node's answer cannot be decoded: outer frame.
    NodeFrameUndecodable,
    /// `30000406`: The room node's answer cannot be decoded: head.
    NodeHeadUndecodable,
    /// `30000407`: The room node's answer cannot be decoded: body.
    NodeBodyUndecodable,
    /// `30000408`: The room node's answer has no result.
    NodeResultMissing,
    /// `30000409`: The room node's answer cannot be decoded: list of recording jobs.
    NodeJobListUndecodable,
    /// `30000410`: The room to record does not exist any more.
    RoomEnded,
    /// `30000411`: The member to record is not in the room.
    InitiatorNotInRoom,
    /// `30000412`: There is no recording to stop: the node has no such job.
    NoActiveJob,
    /// `30000413`: There is no recording to stop: the recorder has ended it.
    JobAlreadyEnded,
    /// `30000414`: The room node does not know the recording operation.
    NodeOperationUnknown,
    /// `30000415`: Recording is already running, or its member has gone.
    AlreadyActiveOrInitiatorGone,
}

impl AvRecord {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<AvRecord> for &'static Row {
    fn from(code: AvRecord) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Interactive rooms: recording of a member's video",
    "互动房间：录制成员画面",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 30] = [
    Row {
        table: Table::AvRecord,
        number: 30000000,
        symbol: "RequestUndecodable",
        official: None,
        source: "001:51",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The recording request cannot be decoded",
            cause: "The relay received a body for sub-command 0x5 that is neither readable JSON nor readable protobuf, or whose fields have the wrong types.",
            remedy: "The developer compares the body with the documented one. The relay's log line of this `session` says in `fault` at which field decoding stopped.",
        },
        zh: Text {
            message: "录制请求无法解码",
            cause: "中继收到的 0x5 子命令请求体既不是可读的 JSON，也不是可读的 protobuf，或字段类型不对。",
            remedy: "开发者对照文档检查请求体。中继日志中该 `session` 的 `fault` 会说明解码停在哪个字段。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000001,
        symbol: "RequestBodyMissing",
        official: None,
        source: "001:52",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The recording request is missing from the body",
            cause: "The request was decoded and its head names sub-command 0x5, but the body holds no `req_0x5`.",
            remedy: "The developer puts the recording fields into `reqbody.req_0x5`, and makes sure that the sub-command in the head is the intended one.",
        },
        zh: Text {
            message: "请求体中缺少录制请求",
            cause: "请求已解码，头部标明子命令 0x5，但请求体中没有 `req_0x5`。",
            remedy: "开发者应把录制字段放入 `reqbody.req_0x5`，并确认头部的子命令正确。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000002,
        symbol: "FileNameMissing",
        official: None,
        source: "001:53",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The file name is missing",
            cause: "A start of recording came without `string_file_name`, or with an empty one.",
            remedy: "The developer sends a base name in `string_file_name` with every start. A stop does not need it.",
        },
        zh: Text {
            message: "缺少文件名",
            cause: "开始录制的请求没有 `string_file_name`，或其值为空。",
            remedy: "开发者应在每次开始录制时填写 `string_file_name` 作为基本文件名，停止录制则不需要。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000003,
        symbol: "OperationMissing",
        official: None,
        source: "001:54",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The recording operation is missing or unknown",
            cause: "The request has no `uint32_oper`, or its value is neither 1 (start) nor 2 (stop).",
            remedy: "The developer sets `uint32_oper` to 1 or 2.",
        },
        zh: Text {
            message: "缺少录制操作或操作未知",
            cause: "请求没有 `uint32_oper`，或其值既不是 1（开始）也不是 2（停止）。",
            remedy: "开发者应将 `uint32_oper` 设为 1 或 2。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000004,
        symbol: "VideoSourceInvalid",
        official: None,
        source: "001:55",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The video source to record is not valid",
            cause: "`uint32_record_data_type` is absent or neither 0 (camera) nor 1 (screen).",
            remedy: "The developer sets `uint32_record_data_type` to the source that the member sends, in the start and in the stop alike.",
        },
        zh: Text {
            message: "要录制的视频来源无效",
            cause: "`uint32_record_data_type` 缺失，或既不是 0（摄像头）也不是 1（屏幕）。",
            remedy: "开发者应将 `uint32_record_data_type` 设为成员实际发送的来源，开始与停止须一致。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000201,
        symbol: "InternalHeadUnencodable",
        official: None,
        source: "001:56",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The head of the internal recording order could not be written",
            cause: "On the hop from the relay to the recorder, the relay could not encode the head of the order: routing, room number, account or sequence did not fit their fields.",
            remedy: "Find the relay's log line of this `session` and `room`; `fault` names the head field that did not fit. If the account or room number is ordinary, it is a defect of the relay: keep the line and update it.",
        },
        zh: Text {
            message: "内部录制指令的头部无法写出",
            cause: "在中继到录制器这一跳，中继无法编码指令头部：路由、房间号、帐号或序号放不进相应字段。",
            remedy: "在中继日志中查该 `session` 和 `room` 的记录，`fault` 会指明放不下的头部字段。若帐号和房间号都正常，则是中继的缺陷：请保留该记录并升级。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000202,
        symbol: "InternalBodyUnencodable",
        official: None,
        source: "001:57",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The body of the internal recording order could not be written",
            cause: "On the hop from the relay to the recorder, the head was written but the body was not: mostly the file name is longer than the field that the order has for it.",
            remedy: "Shorten the file name first. Otherwise find the relay's log line of this `session` and `room`; `fault` names the body field and its length.",
        },
        zh: Text {
            message: "内部录制指令的主体无法写出",
            cause: "在中继到录制器这一跳，头部已写出而主体未能写出：多数是文件名超过了指令中该字段的长度。",
            remedy: "先缩短文件名。若无效，请在中继日志中查该 `session` 和 `room` 的记录，`fault` 会指明主体字段及其长度。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000203,
        symbol: "InternalExtensionUnencodable",
        official: None,
        source: "001:58",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The extension of the internal recording order could not be written",
            cause: "On the hop from the relay to the recorder, head and body were written but not the optional part that carries tags, category and flags.",
            remedy: "Send fewer or shorter tags. The relay's log line of this `session` and `room` names in `fault` the optional field that did not fit.",
        },
        zh: Text {
            message: "内部录制指令的扩展部分无法写出",
            cause: "在中继到录制器这一跳，头部和主体已写出，但携带标签、分类和标志的可选部分未能写出。",
            remedy: "减少或缩短标签。中继日志中该 `session` 和 `room` 的 `fault` 会指明放不下的可选字段。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000207,
        symbol: "WorkerAddressUnknown",
        official: None,
        source: "001:59",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "No recorder is available",
            cause: "The relay had a valid request and a live room, but no recorder holds a valid registration, so there was no address to send the order to.",
            remedy: "Check that recording is switched on and that at least one recorder is running; `vivace check-config` shows errors in its settings. Its log tells whether it registered, and why its registration lapsed.",
        },
        zh: Text {
            message: "没有可用的录制器",
            cause: "请求有效、房间也在，但没有任何录制器处于有效注册状态，中继得不到发送指令的地址。",
            remedy: "检查录制功能已开启，且至少有一个录制器在运行；`vivace check-config` 可查出其配置错误。录制器日志会说明是否注册成功、注册为何失效。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000208,
        symbol: "WorkerTimeout",
        official: None,
        source: "001:60",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The recorder did not answer in time",
            cause: "The relay sent the order to a registered recorder, and no answer came within the limit: the recorder is stuck, overloaded or waiting for its disk, or the link to it is broken.",
            remedy: "Look at the recorder's log for this `room` and `stream`, then at the load and free space of its disk. `vivace_refusals_total{table=\"av-record\",code=\"30000208\"}` shows whether it is a single case.",
        },
        zh: Text {
            message: "录制器未及时应答",
            cause: "中继已把指令发给已注册的录制器，但在限定时间内没有应答：录制器卡住、过载或在等磁盘，或与它的连接中断。",
            remedy: "在录制器日志中查该 `room` 和 `stream`，再看磁盘负载与剩余空间。`vivace_refusals_total{table=\"av-record\",code=\"30000208\"}` 可看出是否只是个例。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000301,
        symbol: "WorkerFrameUndecodable",
        official: None,
        source: "001:61",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The recorder's answer cannot be decoded: outer frame",
            cause: "Bytes came back from the recorder's address, but their outer frame (length, kind, version) is not that of an internal answer, so the relay did not look inside.",
            remedy: "Make sure that the registered address really is a recorder and that relay and recorder run the same Vivace version. The relay's log line of this `session` gives the unexpected frame in `fault`.",
        },
        zh: Text {
            message: "录制器的应答无法解码：外层帧",
            cause: "录制器地址有数据返回，但其外层帧（长度、类型、版本）不是内部应答的格式，中继因此没有再解析内容。",
            remedy: "确认注册的地址确实是录制器，且中继与录制器为同一 Vivace 版本。中继日志中该 `session` 的 `fault` 会给出异常的帧。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000302,
        symbol: "WorkerBodyUndecodable",
        official: None,
        source: "001:62",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The recorder's answer cannot be decoded: inner message",
            cause: "The outer frame of the recorder's answer was sound, but the message inside could not be decoded: it was cut short or written by another version.",
            remedy: "Run the same Vivace version on relay and recorder. The relay's log line of this `session` names in `fault` the inner field at which decoding stopped; the recorder's line for the same `room` shows what it meant to send.",
        },
        zh: Text {
            message: "录制器的应答无法解码：内层消息",
            cause: "录制器应答的外层帧正常，但内层消息无法解码：内容被截断，或由其他版本写成。",
            remedy: "让中继与录制器使用同一 Vivace 版本。中继日志中该 `session` 的 `fault` 会指明解码停在哪个内层字段，录制器日志中同一 `room` 的记录可看出它本要发送什么。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000303,
        symbol: "WorkerIpMissing",
        official: None,
        source: "001:63",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The recorder's answer has no media address",
            cause: "The recorder accepted the order, but its answer leaves out the IP address to which the room node should send the media.",
            remedy: "Check the address that the recorder is configured to announce, and verify it with `vivace check-config` on the recorder's machine. Its log at start-up names the address that it took.",
        },
        zh: Text {
            message: "录制器的应答缺少媒体地址",
            cause: "录制器接受了指令，但应答中没有给出房间节点应当把媒体发往的 IP 地址。",
            remedy: "检查录制器配置的对外地址，在其机器上用 `vivace check-config` 验证。录制器启动日志会写明实际采用的地址。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000304,
        symbol: "WorkerPortMissing",
        official: None,
        source: "001:64",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The recorder's answer has no media port",
            cause: "The recorder's answer gives an IP address but no port, or port 0: the recorder has no open media port for this job.",
            remedy: "Look in the recorder's log for a media port that could not be opened, and check that its port range is free and large enough for the jobs that run.",
        },
        zh: Text {
            message: "录制器的应答缺少媒体端口",
            cause: "录制器的应答给出了 IP 地址，但没有端口或端口为 0：它没有为该任务打开媒体端口。",
            remedy: "在录制器日志中查打开媒体端口失败的记录，并检查端口范围是否空闲、是否够正在运行的任务使用。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000305,
        symbol: "WorkerResultMissing",
        official: None,
        source: "001:65",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The recorder's answer has no result",
            cause: "The recorder's answer was decoded, but it lacks the result that says whether the job was accepted, so the relay cannot claim that recording started or ended.",
            remedy: "Look in the recorder's log for this `room` and `stream` to see whether the job exists, before the request is sent again. If it recurs, compare the versions of relay and recorder.",
        },
        zh: Text {
            message: "录制器的应答缺少结果",
            cause: "录制器的应答已解码，但没有说明任务是否被接受的结果，中继无法断定录制已开始或已结束。",
            remedy: "再次请求之前，先在录制器日志中按 `room` 和 `stream` 查任务是否存在。若反复出现，请核对中继与录制器的版本。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000401,
        symbol: "RegistryAddressUnknown",
        official: None,
        source: "001:66",
        at_fault: AtFault::Operator,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The room registry's address is unknown",
            cause: "Before recording, the relay looks up the room's stored record, but the registry's address is not configured or its host name cannot be resolved.",
            remedy: "Check the registry setting with `vivace check-config` and the name resolution on the relay's machine. The relay's log line of this `session` names in `fault` the address that it tried.",
        },
        zh: Text {
            message: "不知道房间注册表的地址",
            cause: "录制之前中继要查询房间的存储记录，但注册表地址没有配置，或其主机名无法解析。",
            remedy: "用 `vivace check-config` 检查注册表配置，并检查中继所在机器的域名解析。中继日志中该 `session` 的 `fault` 会写明尝试的地址。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000402,
        symbol: "RegistryReadFailed",
        official: None,
        source: "001:67",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The room registry could not be read",
            cause: "The registry's address is known, but reading the room's record failed: the connection was refused or broken, or the registry answered with an error.",
            remedy: "Check that the registry runs and is reachable from the relay. The relay's log line of this `session` and `room` gives the read error in `fault`; `vivace_refusals_total{table=\"av-record\",code=\"30000402\"}` shows since when.",
        },
        zh: Text {
            message: "读取房间注册表失败",
            cause: "注册表地址已知，但读取房间记录失败：连接被拒绝或中断，或注册表返回错误。",
            remedy: "检查注册表在运行，且中继能够连到它。中继日志中该 `session` 和 `room` 的 `fault` 给出读取错误，`vivace_refusals_total{table=\"av-record\",code=\"30000402\"}` 可看出从何时开始。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000403,
        symbol: "RoomNotRegistered",
        official: None,
        source: "001:68",
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
        table: Table::AvRecord,
        number: 30000404,
        symbol: "NodeTimeout",
        official: None,
        source: "001:69",
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
        table: Table::AvRecord,
        number: 30000405,
        symbol: "NodeFrameUndecodable",
        official: None,
        source: "001:70",
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
        table: Table::AvRecord,
        number: 30000406,
        symbol: "NodeHeadUndecodable",
        official: None,
        source: "001:71",
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
        table: Table::AvRecord,
        number: 30000407,
        symbol: "NodeBodyUndecodable",
        official: None,
        source: "001:72",
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
        table: Table::AvRecord,
        number: 30000408,
        symbol: "NodeResultMissing",
        official: None,
        source: "001:73",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer has no result",
            cause: "While the room was looked up, the node's answer was decoded in full, but it lacks the result that says whether the node accepted the operation.",
            remedy: "Look in the node's log for this `room` and `stream` to see whether the recording job exists before asking again. If it recurs, compare the versions of relay and node.",
        },
        zh: Text {
            message: "房间节点的应答缺少结果",
            cause: "查询房间时，节点的应答已完整解码，但没有说明节点是否接受该操作的结果。",
            remedy: "再次请求之前，先在节点日志中按 `room` 和 `stream` 查录制任务是否存在。若反复出现，请核对中继与节点的版本。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000409,
        symbol: "NodeJobListUndecodable",
        official: None,
        source: "001:74",
        at_fault: AtFault::Server,
        retry: Retry::Never,
        en: Text {
            message: "The room node's answer cannot be decoded: list of recording jobs",
            cause: "While the room was looked up, room and member in the node's answer were read, but the list of recording jobs behind them could not be decoded.",
            remedy: "Run the same Vivace version on relay and room node. The relay's log line of this `session` and `room` tells in `fault` which entry of the list was damaged.",
        },
        zh: Text {
            message: "房间节点的应答无法解码：录制任务列表",
            cause: "查询房间时，节点应答中的房间和成员已读出，但其后的录制任务列表无法解码。",
            remedy: "让中继与房间节点使用同一 Vivace 版本。中继日志中该 `session` 和 `room` 的 `fault` 会说明列表中哪一条损坏。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000410,
        symbol: "RoomEnded",
        official: None,
        source: "001:75",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room to record does not exist any more",
            cause: "The registry still had a record of the room, but the node that it names says that there is no such room: it has just ended, because the last member left or nobody sent media.",
            remedy: "Enter the room again before recording. The node's log lines of the `room` show when and why it ended; if the record outlives the room by long, check that the node can reach the registry.",
        },
        zh: Text {
            message: "要录制的房间已不存在",
            cause: "注册表中还有该房间的记录，但其中所指的节点答复没有此房间：房间刚刚结束，因为最后一名成员离开，或一直无人上行。",
            remedy: "先重新进房再录制。按 `room` 查节点日志可知房间何时、因何结束；若记录在房间结束后长时间残留，请检查节点能否连到注册表。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000411,
        symbol: "InitiatorNotInRoom",
        official: None,
        source: "001:76",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The member to record is not in the room",
            cause: "The node was asked about the account in `rpt_to_Account`, and that account is not a member of the room: wrong user id, member already gone, or the room closed while the question was under way.",
            remedy: "Check the user id and that this member is in the room with camera or screen on. The node's log lines of the `room` show when the member left.",
        },
        zh: Text {
            message: "要录制的成员不在房间内",
            cause: "节点按 `rpt_to_Account` 查找帐号，而该帐号不是房间成员：用户标识不对、成员已离开，或询问途中房间已关闭。",
            remedy: "检查用户标识，并确认该成员在房间内且已打开摄像头或屏幕分享。按 `room` 查节点日志可知成员何时离开。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000412,
        symbol: "NoActiveJob",
        official: None,
        source: "001:77",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "There is no recording to stop: the node has no such job",
            cause: "A stop arrived, and the room node holds no recording job for this member and video source: it was stopped before, or never started.",
            remedy: "Nothing is left to stop. If a recording was expected, compare the member and source of the start with those of the stop in the log lines of the `room`.",
        },
        zh: Text {
            message: "没有可停止的录制：节点上无此任务",
            cause: "收到停止请求，但房间节点上没有该成员、该来源的录制任务：此前已停止，或从未开始。",
            remedy: "无需再停止。若本应有录制，请在该 `room` 的日志中对照开始与停止请求的成员和来源。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000413,
        symbol: "JobAlreadyEnded",
        official: None,
        source: "001:78",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "There is no recording to stop: the recorder has ended it",
            cause: "The room node still knew the job and passed the stop on, but the recorder had already ended the job by itself, for example after 60 s without media.",
            remedy: "The file up to that moment is kept. The recorder's log line of this `stream` tells why and when the job ended; if media stopped, look at the publisher's network.",
        },
        zh: Text {
            message: "没有可停止的录制：录制器已自行结束",
            cause: "房间节点仍有该任务并转发了停止请求，但录制器此前已自行结束任务，例如连续 60 秒没有媒体数据。",
            remedy: "此前录下的文件会保留。录制器日志中该 `stream` 的记录说明任务何时、因何结束；若是媒体中断，请检查发送者的网络。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000414,
        symbol: "NodeOperationUnknown",
        official: None,
        source: "001:79",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The room node does not know the recording operation",
            cause: "The relay passed on a valid operation, but the room node does not know the type under which it arrived: the node runs an older version than the relay.",
            remedy: "Bring all nodes to the same Vivace version. The node's log line of this `room` shows in `fault` the operation type that it received.",
        },
        zh: Text {
            message: "房间节点不认识该录制操作",
            cause: "中继转发的操作有效，但房间节点不认识其类型：节点的版本比中继旧。",
            remedy: "将所有节点升级到同一 Vivace 版本。节点日志中该 `room` 的 `fault` 会写明收到的操作类型。",
        },
    },
    Row {
        table: Table::AvRecord,
        number: 30000415,
        symbol: "AlreadyActiveOrInitiatorGone",
        official: None,
        source: "001:80",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "Recording is already running, or its member has gone",
            cause: "A start arrived while this member's source is already being recorded, or the member left the room between the look-up and the start of the job.",
            remedy: "If the log lines of this `room` and `stream` show a running job, nothing is to be done. Otherwise check that the member is still in the room, then start again.",
        },
        zh: Text {
            message: "录制已在进行，或其成员已离开",
            cause: "收到开始请求时，该成员的这一来源已在录制；或在查询与任务启动之间成员离开了房间。",
            remedy: "若该 `room` 和 `stream` 的日志显示任务正在运行，则无需处理；否则请确认成员仍在房间内，再重新开始。",
        },
    },
];
