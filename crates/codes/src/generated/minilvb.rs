//! Table `minilvb`, generated from `tables/minilvb.toml` by `cargo xtask codes --write`; not to be edited here.

use crate::{AtFault, Retry, Row, Table, Text};

/// Mini LVB: the business server of the sample live app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Minilvb {
    /// `1000`: The request holds an invalid parameter.
    InvalidParameter,
    /// `2003`: A database operation failed.
    DatabaseOperation,
    /// `4001`: The body is empty or not valid JSON.
    InvalidJson,
    /// `4002`: A parameter has a value that is not allowed.
    IllegalValue,
    /// `4003`: The daily limit of identity verifications is reached.
    VerificationQuota,
    /// `500`: The server could not carry out the request.
    HttpInternal,
}

impl Minilvb {
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self.row().number
    }
}

impl From<Minilvb> for &'static Row {
    fn from(code: Minilvb) -> Self {
        code.row()
    }
}

/// English and Chinese.
#[rustfmt::skip]
pub(super) static TITLES: (&str, &str) = (
    "Mini LVB: the business server of the sample live app",
    "小直播：示例直播应用的业务服务器",
);

#[rustfmt::skip]
pub(super) static ROWS: [Row; 6] = [
    Row {
        table: Table::Minilvb,
        number: 1000,
        symbol: "InvalidParameter",
        official: None,
        source: "000:14",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The request holds an invalid parameter",
            cause: "The body is a JSON object, but Action is absent, unknown or in the wrong case, a required parameter is absent or empty, or an integer is not an integer or below its range.",
            remedy: "returnMsg names the parameter or the Action after the bar. Compare it, case included, with the operation's page. The log line of the refusal repeats it in `fault`.",
        },
        zh: Text {
            message: "请求中有无效参数",
            cause: "请求体是 JSON 对象，但缺少 Action、Action 不存在或大小写不对，必填参数缺失或为空，或整数参数不是整数、小于下限。",
            remedy: "returnMsg 竖线之后给出了参数名或 Action，请对照该操作的说明核对（含大小写）。拒绝日志的 `fault` 字段也有同样内容。",
        },
    },
    Row {
        table: Table::Minilvb,
        number: 2003,
        symbol: "DatabaseOperation",
        official: None,
        source: "000:15",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 2 },
        en: Text {
            message: "A database operation failed",
            cause: "A statement on the store failed (disk full, data folder read-only, database locked, a value longer than its column), or the row that the operation reads is not there: GetUserInfo or ForbidLive of an unknown user, a recording callback of an unknown stream.",
            remedy: "The `fault` field of the log line says which of the two. For a failed statement check free space and permissions of the data folder and restart if the tables were not brought up to date at start. For a missing row check the userid or fileid, and that RequestLVBAddr was called for it before.",
        },
        zh: Text {
            message: "数据库操作失败",
            cause: "存储语句执行失败（磁盘已满、数据目录只读、数据库被锁、值超过列长），或操作要读取的记录不存在：GetUserInfo、ForbidLive 的用户未知，录制回调的流未知。",
            remedy: "日志的 `fault` 字段说明属于哪一种。语句失败时，检查数据目录的剩余空间和权限；若启动时数据表未升级成功，请重启。记录不存在时，核对 userid 或 fileid，并确认此前调用过 RequestLVBAddr。",
        },
    },
    Row {
        table: Table::Minilvb,
        number: 4001,
        symbol: "InvalidJson",
        official: None,
        source: "000:16",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "The body is empty or not valid JSON",
            cause: "The POST body is empty, does not parse as JSON, or parses to nothing, such as `{}` or `null`. Any GET is answered so too, which makes it a quick proof that the address is served.",
            remedy: "Send one JSON object by POST. Hand-made requests break most often in shell quoting: with curl write `--data-binary @request.json`. If the app itself is refused, look for a proxy that drops or compresses the body.",
        },
        zh: Text {
            message: "请求体为空或不是有效的 JSON",
            cause: "POST 请求体为空、无法按 JSON 解析，或解析结果为空值（如 `{}`、`null`）。任何 GET 请求也得到此应答，可借此快速确认该地址已在服务。",
            remedy: "请用 POST 发送一个 JSON 对象。手工构造的请求多半错在命令行引号上：用 curl 时写 `--data-binary @request.json`。若应用自身被拒绝，请检查是否有代理丢弃或压缩了请求体。",
        },
    },
    Row {
        table: Table::Minilvb,
        number: 4002,
        symbol: "IllegalValue",
        official: None,
        source: "000:17",
        at_fault: AtFault::Caller,
        retry: Retry::Never,
        en: Text {
            message: "A parameter has a value that is not allowed",
            cause: "All types are right, but a value is outside its set: ChangeStatus status, ChangeCount type, optype or flag, GetUserInfo type other than 0 and 1; a fileid is absent where recordings are meant; or a callback lacks a member.",
            remedy: "Compare the values with the operation's page: 0 and 1 are the only ones in most places, and fileid belongs to every call that means a recording. The `fault` field of the log line has the parameter and its value.",
        },
        zh: Text {
            message: "参数取值不合法",
            cause: "类型都正确，但取值不在允许范围内：ChangeStatus 的 status，ChangeCount 的 type、optype、flag，GetUserInfo 的 type 不是 0 或 1；针对录像却没有 fileid；或回调缺少成员。",
            remedy: "请对照该操作的说明核对取值：多数只允许 0 和 1，凡针对录像的调用都要带 fileid。日志的 `fault` 字段记有参数及其值。",
        },
    },
    Row {
        table: Table::Minilvb,
        number: 4003,
        symbol: "VerificationQuota",
        official: None,
        source: "000:18",
        at_fault: AtFault::Operator,
        retry: Retry::Never,
        en: Text {
            message: "The daily limit of identity verifications is reached",
            cause: "As many different users as the settings allow, 100 unless changed, have had their identity verified since midnight China time. A user who was already counted today is not refused.",
            remedy: "Wait for midnight, UTC+8, or raise the daily number of verified users in the settings. `vivace_refusals_total{table=\"minilvb\",code=\"4003\"}` shows how many users it met.",
        },
        zh: Text {
            message: "当日身份核验人数已达上限",
            cause: "自北京时间零点起，完成身份核验的不同用户数已达设置的上限（默认 100 人）。当日已计入的用户不会被拒绝。",
            remedy: "等到北京时间次日零点，或在设置中调高每日核验人数。`vivace_refusals_total{table=\"minilvb\",code=\"4003\"}` 显示受影响的次数。",
        },
    },
    Row {
        table: Table::Minilvb,
        number: 500,
        symbol: "HttpInternal",
        official: None,
        source: "000:19",
        at_fault: AtFault::Server,
        retry: Retry::After { seconds: 5 },
        en: Text {
            message: "The server could not carry out the request",
            cause: "An HTTP status, not a returnValue: the store cannot be opened or reached, so that an operation which needs it has no answer. Operations without the store and refused parameters are still answered as usual.",
            remedy: "Read the log line at level error of that moment: `fault` names the database and the reason. Check the database's address and password in the settings with `vivace check-config`, that the database runs, and that the data folder can be written.",
        },
        zh: Text {
            message: "服务器未能处理该请求",
            cause: "这是 HTTP 状态码，不是 returnValue：存储无法打开或连接，需要存储的操作因此无法应答。不用存储的操作和参数错误仍照常应答。",
            remedy: "查看当时的 error 级日志，`fault` 字段写有数据库及原因。用 `vivace check-config` 核对设置中的数据库地址和密码，确认数据库在运行，且数据目录可写。",
        },
    },
];
