//! Table `av-client`, generated from `tables/av-client.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Interactive rooms: results that the client library decides by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AvClient {
    /// `1`: The operation failed for a reason that has no code of its own.
    Unclassified,
    /// `1001`: The same operation is still running.
    SameOperationRunning,
    /// `1002`: Another operation of the same kind excludes this one.
    ConflictingOperationRunning,
    /// `1003`: The object is already in the requested state.
    AlreadyInState,
    /// `1004`: An argument of the call is not valid.
    InvalidArgument,
    /// `1005`: No answer came in time.
    NoAnswerInTime,
    /// `1006`: The client library does not have this feature.
    FeatureAbsent,
    /// `1007`: The call was not made on the main thread.
    WrongThread,
    /// `1008`: The resource is held by someone else.
    ResourceHeld,
    /// `1101`: The context is not started.
    ContextNotStarted,
    /// `1102`: The context is not stopped.
    ContextNotStopped,
    /// `1201`: The room is not entered.
    RoomNotEntered,
    /// `1202`: The room is not left yet.
    RoomNotExited,
    /// `1301`: The device is unknown or not ready.
    DeviceUnknown,
    /// `1401`: This member sends neither audio nor video.
    MemberSendsNothing,
    /// `1402`: This member does not send the requested video.
    MemberWithoutVideo,
    /// `1501`: The numeric id could not be turned into a user id.
    UserIdLookup,
    /// `1502`: The user id could not be turned into a numeric id.
    NumericIdLookup,
    /// `1601`: The device test is not started.
    DeviceTestNotStarted,
    /// `1602`: The device test is still running.
    DeviceTestNotStopped,
    /// `1801`: The invitation could not be delivered.
    InviteUndelivered,
    /// `1802`: The acceptance could not be delivered.
    AcceptUndelivered,
    /// `1803`: The refusal could not be delivered.
    RefusalUndelivered,
}

impl AvClient {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<AvClient> for &'static Row {
    fn from(code: AvClient) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Interactive rooms: results that the client library decides by itself",
    "互动房间：由客户端库自行判定的结果",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 23] = [
    Row {
        table: Table::AvClient,
        number: 1,
        symbol: "Unclassified",
        official: Some("AV_ERR_FAILED"),
        source: "001:8",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The operation failed for a reason that has no code of its own",
            cause: "The client library stopped an operation for a reason outside the rest of this table. The usual one is entering a room, or changing role, with a role that the app's role table does not have.",
            remedy: "Read the detail text that comes with the result, then the client library's log around the same time. If it names a role, compare it with the roles that the server's role configuration returns for this sdkappid.",
        },
        zh: Text {
            message: "操作失败，原因没有单独的错误码",
            cause: "客户端库因本表其他条目之外的原因中止了操作。最常见的是进房或切换角色时，所用角色不在该应用的角色表中。",
            remedy: "先看随结果返回的详细文本，再看客户端库同一时刻的日志。若其中提到角色，请与服务器为该 sdkappid 返回的角色配置核对。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1001,
        symbol: "SameOperationRunning",
        official: Some("AV_ERR_REPEATED_OPERATION"),
        source: "001:9",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 1 },
        en: Text {
            message: "The same operation is still running",
            cause: "A call was made again before its first run had called back: for example a second EnterRoom while entering, a second context start while starting, or a second view request while one is open.",
            remedy: "In the app, wait for the completion callback before calling again, and disable the button meanwhile. If the callback never comes, look for the 1005 that ends the first run.",
        },
        zh: Text {
            message: "同一操作仍在进行",
            cause: "上一次调用尚未回调，又发起了同一调用：例如进房过程中再次 EnterRoom、启动上下文过程中再次启动，或画面请求未完成时再次请求。",
            remedy: "应用应等到完成回调后再次调用，期间禁用按钮。若一直没有回调，请查找结束第一次调用的 1005。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1002,
        symbol: "ConflictingOperationRunning",
        official: Some("AV_ERR_EXCLUSIVE_OPERATION"),
        source: "001:10",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 1 },
        en: Text {
            message: "Another operation of the same kind excludes this one",
            cause: "A different operation of the same group (context, room, device, member) is still running, such as ExitRoom while entering. It is also given when the other source of a slot is on: camera against external capture, screen against media file.",
            remedy: "In the app, queue operations per group and start the next one from the callback of the last. For devices, switch the other source of the slot off first.",
        },
        zh: Text {
            message: "同类的另一操作与本操作互斥",
            cause: "同组（上下文、房间、设备、成员）的另一操作仍在进行，例如进房过程中调用 ExitRoom。同一通道上的另一来源已打开时也会出现：摄像头与外部采集互斥，屏幕分享与播放媒体文件互斥。",
            remedy: "应用应按组排队，在上一操作的回调里再开始下一操作。设备类操作请先关闭同一通道上的另一来源。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1003,
        symbol: "AlreadyInState",
        official: Some("AV_ERR_HAS_IN_THE_STATE"),
        source: "001:11",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The object is already in the requested state",
            cause: "The call asks for a state that is already reached: entering the room one is in, starting a started context, switching on a device that is on.",
            remedy: "Treat the result as success. If the app did not expect it, look in its log for the earlier call that reached the state.",
        },
        zh: Text {
            message: "对象已处于所请求的状态",
            cause: "请求的状态此前已经达到：已在房间内又进房、上下文已启动又启动、设备已打开又打开。",
            remedy: "按成功处理即可。若不符合预期，请在应用日志中查找先前使其进入该状态的调用。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1004,
        symbol: "InvalidArgument",
        official: Some("AV_ERR_INVALID_ARGUMENT"),
        source: "001:12",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "An argument of the call is not valid",
            cause: "The client library refused an argument before anything was sent: a room type other than pair or multi, a room number of zero or less, a missing callback, id and view lists of unequal length, or a frame size or format that capture does not take.",
            remedy: "The developer compares the call with the client library's reference. The detail text names the argument; the server has no log line, since nothing reached it.",
        },
        zh: Text {
            message: "调用参数无效",
            cause: "客户端库在发送之前就拒绝了某个参数：房间类型既非双人也非多人、房间号小于等于零、缺少回调、成员列表与画面列表长度不等，或采集不支持的画面尺寸、格式。",
            remedy: "开发者对照客户端库的接口说明检查该调用，详细文本会指出是哪个参数。请求未到达服务器，因此服务器没有日志。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1005,
        symbol: "NoAnswerInTime",
        official: Some("AV_ERR_TIMEOUT"),
        source: "001:13",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "No answer came in time",
            cause: "The client waited in vain: 30 s for entering a room, or the wait for the role table or a view request ran out. It is also the reason of a disconnect once 30 s pass without a heartbeat.",
            remedy: "Check that the client reaches the server's signalling and media ports, UDP first and TCP as the fallback. Search the server's log for the `session` or `room`: no line at all points to the network or firewall, a line with a `fault` shows where it stopped.",
        },
        zh: Text {
            message: "未在限定时间内收到应答",
            cause: "客户端等待无果：进房 30 秒没有结果，或等待角色表、画面请求的结果超时。连续 30 秒没有心跳而断开房间时，原因也是此码。",
            remedy: "检查客户端能否到达服务器的信令和媒体端口（先 UDP，再退回 TCP）。按 `session` 或 `room` 查服务器日志：完全没有记录说明是网络或防火墙问题，有带 `fault` 的记录则可看出停在哪一步。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1006,
        symbol: "FeatureAbsent",
        official: Some("AV_ERR_NOT_IMPLEMENTED"),
        source: "001:14",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The client library does not have this feature",
            cause: "The call exists but this build or platform has nothing behind it: a pair room, or the auxiliary video channel where the platform cannot capture the screen.",
            remedy: "Use another way: a multi room with two members in place of a pair room, camera video in place of the auxiliary channel. Hide the feature in the app on this platform.",
        },
        zh: Text {
            message: "客户端库没有此功能",
            cause: "接口存在，但当前版本或平台没有实现：例如双人房间，或在无法采集屏幕的平台上使用辅路视频。",
            remedy: "改用其他方式：以两名成员的多人房间代替双人房间，以摄像头画面代替辅路。应用在该平台上应隐藏此功能。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1007,
        symbol: "WrongThread",
        official: Some("AV_ERR_NOT_IN_MAIN_THREAD"),
        source: "001:15",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The call was not made on the main thread",
            cause: "A public function of the client library was called from a worker thread. Only the functions that hand over captured frames and the media data callbacks belong to other threads.",
            remedy: "The developer moves the call to the main (UI) thread, for example by posting it to that thread's queue.",
        },
        zh: Text {
            message: "未在主线程调用",
            cause: "从工作线程调用了客户端库的公开接口。只有送入采集画面的接口和音视频数据回调可以运行在其他线程。",
            remedy: "开发者应把该调用移到主线程（界面线程），例如投递到主线程的消息队列。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1008,
        symbol: "ResourceHeld",
        official: Some("AV_ERR_RESOURCE_IS_OCCUPIED"),
        source: "001:16",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The resource is held by someone else",
            cause: "Another process on the device holds the camera or microphone, or another member of the room holds the room's single auxiliary video slot.",
            remedy: "Close the program that uses the device, or have the other member stop sharing. For the slot, the server's log of the `room` names the `stream` that holds it.",
        },
        zh: Text {
            message: "资源正被占用",
            cause: "设备上的其他进程占用了摄像头或麦克风，或房间内另一成员占用了全房间唯一的辅路视频位。",
            remedy: "关闭占用设备的程序，或请另一成员停止分享。若是辅路，可在服务器日志中按 `room` 查到占用它的 `stream`。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1101,
        symbol: "ContextNotStarted",
        official: Some("AV_ERR_CONTEXT_NOT_EXIST"),
        source: "001:17",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The context is not started",
            cause: "A call that needs a started context (entering a room, devices, member views) was made before the start succeeded or after the context was stopped.",
            remedy: "In the app, call it only after the context's start callback has come with 0. If the start failed, look at that result first.",
        },
        zh: Text {
            message: "上下文未启动",
            cause: "在上下文启动成功之前或停止之后，调用了需要已启动上下文的接口（进房、设备、成员画面等）。",
            remedy: "应用应在上下文启动回调返回 0 之后再调用。若启动失败，请先处理启动的结果。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1102,
        symbol: "ContextNotStopped",
        official: Some("AV_ERR_CONTEXT_NOT_STOPPED"),
        source: "001:18",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The context is not stopped",
            cause: "The context was to be destroyed while it was starting, started or stopping.",
            remedy: "In the app, leave the room, stop the context, and destroy it only when the stop has finished.",
        },
        zh: Text {
            message: "上下文未停止",
            cause: "上下文正在启动、已启动或正在停止时就被要求销毁。",
            remedy: "应用应先退房、再停止上下文，等停止完成后才销毁。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1201,
        symbol: "RoomNotEntered",
        official: Some("AV_ERR_ROOM_NOT_EXIST"),
        source: "001:19",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room is not entered",
            cause: "A call that needs an entered room (views, roles, room switch, cross-room link) was made before the enter succeeded, while leaving, or after the room was lost.",
            remedy: "In the app, call it only between the enter callback with 0 and the exit. If the member was in the room before, look for the disconnect callback and its reason in the client's log, and for the `session`'s end in the server's.",
        },
        zh: Text {
            message: "尚未进入房间",
            cause: "在进房成功之前、退房过程中或房间断开之后，调用了需要在房间内的接口（画面、角色、切换房间、跨房连麦）。",
            remedy: "应用只应在进房回调返回 0 之后、退房之前调用。若此前确实在房间内，请在客户端日志中查断开回调及其原因，并在服务器日志中查该 `session` 的结束记录。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1202,
        symbol: "RoomNotExited",
        official: Some("AV_ERR_ROOM_NOT_EXITED"),
        source: "001:20",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The room is not left yet",
            cause: "The context was to be stopped, or a device test started, while a room is being entered, is entered, or is being left.",
            remedy: "In the app, call ExitRoom and wait for its callback, then stop the context or start the test.",
        },
        zh: Text {
            message: "尚未退出房间",
            cause: "正在进房、已在房间或正在退房时，要求停止上下文或开始设备测试。",
            remedy: "应用应先调用 ExitRoom 并等到回调，再停止上下文或开始测试。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1301,
        symbol: "DeviceUnknown",
        official: Some("AV_ERR_DEVICE_NOT_EXIST"),
        source: "001:21",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The device is unknown or not ready",
            cause: "The device id is not in the system's list, no device of that kind is present, or it has not been initialised yet.",
            remedy: "List the devices again and use an id from that list, after the device manager is ready. Check that the device is plugged in and that the system grants the app access to it.",
        },
        zh: Text {
            message: "设备不存在或未就绪",
            cause: "设备标识不在系统列表中，没有该类设备，或设备尚未初始化。",
            remedy: "等设备管理器就绪后重新枚举，使用列表中的标识。检查设备已接好，且系统已授予应用访问权限。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1401,
        symbol: "MemberSendsNothing",
        official: Some("AV_ERR_ENDPOINT_NOT_EXIST"),
        source: "001:22",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This member sends neither audio nor video",
            cause: "The app asked for a member's endpoint object, but that member is absent from the room or sends no audio and no video, so that no object is kept.",
            remedy: "In the app, ask from inside the member update callback and only for members it names as senders. The server's log of the `room` shows which members publish a `stream`.",
        },
        zh: Text {
            message: "该成员既未发送音频也未发送视频",
            cause: "应用获取某成员的端点对象，但该成员不在房间内，或没有发送任何音视频，因此没有对应的对象。",
            remedy: "应用应在成员更新回调内获取，且只取其中标明在发送的成员。服务器日志中按 `room` 可以看到哪些成员发布了 `stream`。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1402,
        symbol: "MemberWithoutVideo",
        official: Some("AV_ERR_ENDPOINT_HAS_NOT_VIDEO"),
        source: "001:23",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "This member does not send the requested video",
            cause: "A view request names a video source (camera, screen or media file) that the member is not sending at that moment, for example the camera of an audio-only member.",
            remedy: "In the app, request a view only after the event that says the member has this source, and drop it on the opposite event. If the member believes to be sending, look for the `stream` in the server's log: without a granted video seat nothing is forwarded.",
        },
        zh: Text {
            message: "该成员没有发送所请求的视频",
            cause: "画面请求中的视频来源（摄像头、屏幕或媒体文件）该成员当时并未发送，例如请求纯音频成员的摄像头画面。",
            remedy: "应用应在收到该成员有此来源的事件后再请求，收到相反事件时取消。若该成员认为自己在发送，请在服务器日志中查该 `stream`：未获得视频位的画面不会被转发。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1501,
        symbol: "UserIdLookup",
        official: Some("AV_ERR_TINYID_TO_OPENID_FAILED"),
        source: "001:24",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The numeric id could not be turned into a user id",
            cause: "A member update arrived with a numeric id, and the look-up of the user id behind it failed or timed out in the user directory.",
            remedy: "Check that the chat login of this client is alive and its network works. On the server, look for directory look-ups of the same `session` that carry a `fault`.",
        },
        zh: Text {
            message: "无法将数字标识转换为用户标识",
            cause: "收到带数字标识的成员更新，但在用户目录中查询对应的用户标识失败或超时。",
            remedy: "检查该客户端的即时通信登录是否有效、网络是否正常。在服务器日志中查同一 `session` 带 `fault` 的目录查询记录。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1502,
        symbol: "NumericIdLookup",
        official: Some("AV_ERR_OPENID_TO_TINYID_FAILED"),
        source: "001:25",
        at_fault: AtFault::Caller,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The user id could not be turned into a numeric id",
            cause: "While starting the context, or while setting the audio list, the user directory gave no numeric id for the user id: mostly the app has not logged in, otherwise the look-up failed on the way.",
            remedy: "In the app, start the context only after the login callback succeeded, with the same user id. If it did, check the network and look for the `session`'s login and directory lines in the server's log.",
        },
        zh: Text {
            message: "无法将用户标识转换为数字标识",
            cause: "启动上下文或设置音频名单时，用户目录没有给出该用户标识的数字标识：多数是应用尚未登录，其余是查询途中失败。",
            remedy: "应用应在登录回调成功后，以相同的用户标识启动上下文。若已登录，请检查网络，并在服务器日志中查该 `session` 的登录和目录记录。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1601,
        symbol: "DeviceTestNotStarted",
        official: Some("AV_ERR_DEVICE_TEST_NOT_EXIST"),
        source: "001:26",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The device test is not started",
            cause: "Windows only: a function of the device test was called before the test had started or after it was stopped.",
            remedy: "In the app, start the test and wait for its callback before using the test's functions.",
        },
        zh: Text {
            message: "设备测试未启动",
            cause: "仅限 Windows：在设备测试启动之前或停止之后调用了测试接口。",
            remedy: "应用应先启动测试并等到回调，再使用测试接口。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1602,
        symbol: "DeviceTestNotStopped",
        official: Some("AV_ERR_DEVICE_TEST_NOT_STOPPED"),
        source: "001:27",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The device test is still running",
            cause: "Windows only: the context was to be stopped, a room entered, or a device switched on outside the test, while the device test is running.",
            remedy: "In the app, stop the device test and wait until it has ended, then repeat the call.",
        },
        zh: Text {
            message: "设备测试仍在进行",
            cause: "仅限 Windows：设备测试进行中就要求停止上下文、进房，或在测试之外打开设备。",
            remedy: "应用应先停止设备测试，等其结束后再调用。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1801,
        symbol: "InviteUndelivered",
        official: Some("AV_ERR_INVITE_FAILED"),
        source: "001:28",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The invitation could not be delivered",
            cause: "The sample invitation module could not send its invitation message to the other user, who is mostly offline.",
            remedy: "Ordinary apps may ignore it. To follow it up, check that the invited user is logged in to chat and look at the message's line in the server's log.",
        },
        zh: Text {
            message: "邀请未能送达",
            cause: "示例邀请模块无法把邀请消息发给对方，通常是对方不在线。",
            remedy: "普通应用可以忽略。如需排查，请确认被邀请者已登录即时通信，并查看服务器日志中该消息的记录。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1802,
        symbol: "AcceptUndelivered",
        official: Some("AV_ERR_ACCEPT_FAILED"),
        source: "001:29",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The acceptance could not be delivered",
            cause: "The sample invitation module could not send the acceptance back to the inviting user, who is mostly offline by now.",
            remedy: "Ordinary apps may ignore it. To follow it up, check that the inviting user is still logged in to chat and look at the message's line in the server's log.",
        },
        zh: Text {
            message: "接受邀请的答复未能送达",
            cause: "示例邀请模块无法把接受的答复发回邀请者，通常是对方已经离线。",
            remedy: "普通应用可以忽略。如需排查，请确认邀请者仍登录着即时通信，并查看服务器日志中该消息的记录。",
        },
    },
    Row {
        table: Table::AvClient,
        number: 1803,
        symbol: "RefusalUndelivered",
        official: Some("AV_ERR_REFUSE_FAILED"),
        source: "001:30",
        at_fault: AtFault::Peer,
        retry: Retry::After { seconds: 3 },
        en: Text {
            message: "The refusal could not be delivered",
            cause: "The sample invitation module could not send the refusal back to the inviting user, who is mostly offline by now.",
            remedy: "Ordinary apps may ignore it, as the invitation ends by itself. To follow it up, check that the inviting user is still logged in to chat and look at the message's line in the server's log.",
        },
        zh: Text {
            message: "拒绝邀请的答复未能送达",
            cause: "示例邀请模块无法把拒绝的答复发回邀请者，通常是对方已经离线。",
            remedy: "普通应用可以忽略，邀请会自行结束。如需排查，请确认邀请者仍登录着即时通信，并查看服务器日志中该消息的记录。",
        },
    },
];
