// What the page says, in English and Chinese, and how it writes numbers, times and sizes.

const TEXTS = {
  en: {
    skip: 'Skip to the streams', tagline: 'Live video server', language: 'Language', server: 'Server', player: 'Player',
    signOut: 'Sign out', signIn: 'Sign in', signInTitle: 'Sign in to this server', tokenLabel: 'API token',
    signInLead: 'The page shows streams and addresses, so it asks for the server’s API token.',
    hintUrl: 'The quickest way in: run this on the server and open what it prints.',
    hintToken: 'Or paste the api_token that this prints:',
    tokenRefused: 'The server did not accept this token.',
    tokenForbidden: 'This token may not read the page.',
    streams: 'Streams', viewers: 'Viewers', incoming: 'Incoming', outgoing: 'Outgoing', skips: 'Skips', uptime: 'Uptime',
    session: 'Session', bitRate: 'Bit rate', addresses: 'Play addresses', liveNow: 'Live now', refusals: 'Last refusals',
    noRefusals: 'No refusals to report.', audioOnly: 'Audio only', emptyTitle: 'No stream yet',
    emptyLead: 'Name a stream, copy its push address into any encoder, and it appears here by itself.',
    demoHint: 'No encoder at hand? This starts a server of its own with a looping clip:',
    publishTitle: 'Publish a stream', streamName: 'Stream name', getUrl: 'Get push URL',
    nameHint: 'Letters, digits, _ and -, with single dots inside. At most 128.',
    connected: 'Connected', connecting: 'Connecting', disconnected: 'Offline',
    lost: (s) => `The server cannot be reached. Trying again in ${s} s.`,
    failed: (status, s) => `The server answered with HTTP ${status}. Trying again in ${s} s.`,
    live: 'Live', grace: 'Waiting for publisher', ended: 'Ended',
    picture: 'Picture', frameRate: 'Frame rate', video: 'Video', audio: 'Audio', delay: 'Delay here', lag: 'Slowest viewer',
    received: 'Received', sent: 'Sent', frames: (n) => `${n} frames`, framesDropped: (n, d) => `${n} frames, ${d} dropped`, none: 'none', mono: 'mono', stereo: 'stereo',
    channels: (n) => `${n} channels`, fps: 'fps', behind: (s) => `${s} s behind live`, lagBehind: (t) => `${t} behind`,
    watch: (name) => `Watch ${name}`, watching: 'Watching', viewersOf: (n) => `${n} ${n === '1' ? 'viewer' : 'viewers'}`,
    noSound: (c) => `No sound: this browser cannot play ${c}`,
    play: 'Play', pause: 'Pause', mute: 'Mute', unmute: 'Unmute', full: 'Full screen',
    vConnecting: 'Connecting', vStalled: 'Waiting for the picture', vStalledText: 'The next frame has not arrived yet.',
    vGrace: 'Waiting for the publisher', vGraceText: 'Playing goes on as soon as it is back.',
    vEnded: 'The stream has ended', vEndedText: 'It starts again here when somebody publishes it.',
    vPaused: 'Paused', vPausedText: 'Playing goes on at the live edge.',
    vUnsupported: (c) => `${c} is not supported by this browser`,
    vUnsupportedText: (c) => `The stream carries ${c}. Use another browser, or one of the play addresses below in a media player.`,
    vNoMse: 'This browser has no Media Source Extensions', vNoMseText: 'Use one of the play addresses below in a media player.',
    vHttp: (s) => `The server refused to play this (HTTP ${s})`, vHttpText: 'The reason is among the last refusals. Trying again.',
    vBroken: 'The stream cannot be decoded', vBrokenText: 'Trying again.',
    copy: 'Copy', copied: 'Copied', pushUrl: 'Push URL', ffmpeg: 'With ffmpeg', obs: 'In OBS: Settings, Stream, Custom',
    obsServer: 'Server', obsKey: 'Stream key', validUntil: (t) => `Valid until ${t}. Whoever has it can publish under this name.`,
    noAnswer: 'The server cannot be reached.', needName: 'Give the stream a name first.', pushForbidden: 'Push addresses need a token: open this page with “vivace url page”.',
    cause: 'Cause', remedy: 'Remedy', noName: 'no name', from: (p) => `from ${p}`, times: (n) => `${n} times`,
    publish: 'Publish', playOp: 'Play', showAll: (n) => `Show all ${n}`, showFew: 'Show fewer',
    listMore: (n, all) => `The first ${n} of ${all} streams are shown.`,
    compare: 'Compare', compareOf: (name) => `Compare the protocols of ${name}`, compareTitle: 'Delay, side by side',
    compareLead: 'One stream, played here at the same time over three protocols.', compareClose: 'Back to the player',
    compareHow: 'Delay is the server’s clock now, less the time at which what is on screen reached the server: HLS says that time in its playlist (EXT-X-PROGRAM-DATE-TIME), and for HTTP-FLV it follows from the picture’s timestamp and the arrival of the newest frame.',
    behindLive: 'behind live', buffer: 'Buffer', stalls: 'Stalls',
    noteFlv: 'One response that does not end', noteHls: 'Whole segments, three from the end', noteLlhls: 'Parts of segments, as they are made',
    started: (name) => `${name} is live`, stopped: (name) => `${name} has ended`,
    deskTitle: 'Manage', channelsTab: 'Channels', recordingsTab: 'Recordings', bansTab: 'Bans', relaysTab: 'Relays', auditTab: 'Changes', eventsTab: 'Events',
    channelName: 'Name of the channel', channelCreate: 'Create channel', channelMade: (name) => `Addresses of ${name}`, addressesOf: 'Addresses',
    start: 'Start', stop: 'Stop', delete: 'Delete', undo: 'Undo', unban: 'Lift ban', cancel: 'Cancel', differs: 'Before → after',
    kick: 'Cut', ban: 'Ban', kickOf: (name) => `Cut ${name}`, banOf: (name) => `Ban ${name}`, until: (when) => `until ${when}`,
    kickAsk: (name) => `Cut the push of ${name}? Its publisher may come back at once.`,
    banAsk: (name) => `Cut ${name} and refuse further pushes? The ban can be lifted under Bans.`,
    stopAsk: (name) => `Close the channel ${name}? Its push is cut, and later ones are refused.`,
    deleteAsk: (name) => `Delete the channel ${name}? This cannot be undone.`,
    undoAsk: (operation, subject) => `Make ${subject} what it was before ${operation}?`,
    recordName: 'Record the stream', record: 'Record', download: 'Download', restore: 'Restore', close: 'Close', rewind: 'Rewind',
    watchOf: (name) => `Play ${name}`, deleted: 'Deleted', recordingOf: 'Recording', restorable: (when) => `can be restored until ${when}`,
    storage: (n, size, free) => `${n === 1 ? '1 recording' : `${number(n)} recordings`}, ${size} in use with the media kept of streams; ${free} free`,
    stopTask: (name) => `Stop recording ${name}`, storageTitle: 'Storage',
    storageBar: (used, free, least) => `${used} used, ${free} free; below ${least} free nothing new is recorded`,
    begins_yes: (least) => `New recordings begin as long as ${least} are free (recording.free_bytes_min).`,
    begins_no_room: (least) => `New recordings are refused: less than ${least} are free (recording.free_bytes_min). Live streams go on. Delete recordings, or make room on the disk.`,
    begins_off: () => 'Nothing is recorded: recording.on is false.',
    recordFormats: 'Formats (none chosen: those of recording.formats)',
    taskTitle: 'Tasks', taskNone: 'No task. Name a stream above to record it from now on, whether or not it is live yet.',
    taskMade: (n) => (n === 1 ? '1 recording' : `${number(n)} recordings`), stoppedAt: (when) => `stopped ${when}`, remove: 'Remove',
    task_waiting: 'Waiting', task_running: 'Runs', task_idle: 'Waits for the stream', task_finished: 'Finished', task_failed: 'Failed',
    uploadTitle: 'Uploads', uploadNone: 'Nothing waits: all finished recordings are there.',
    uploadNoBucket: 'No bucket is set: recordings stay on this server (storage.s3.bucket).',
    uploadOff: 'No bucket is set: what waits here goes on when there is one (storage.s3.bucket).',
    upload_waiting: 'Waiting', upload_failing: 'Fails', upload_deleting: 'To be deleted there', upload_failed: 'Given up',
    upload_held: 'Held', uploadHeld: 'its recording is deleted and may be restored', recordTwiceAsk: (name) => `A task records ${name} already. Record it a second time?`,
    uploadDone: (done, all) => `${done} of ${all}`, uploadNotBegun: 'not begun', nextTry: 'next try',
    triesFailed: (n) => (n === '1' ? '1 try failed' : `${n} tries failed`), tryNow: 'Try now', giveUp: 'Give up',
    forgetAsk: (place) => `Leave what the bucket still has of ${place} there? This server forgets it.`,
    remedy_connect: 'Check that the storage runs, that storage.s3.endpoint is right, and that this server may reach it.',
    remedy_timeout: 'The storage or the way to it is slow: look there, or raise limits.upload_request_ms_max.',
    remedy_broken: 'The storage, or a proxy before it, ends connections: look at its log.',
    remedy_refused: 'Check storage.s3.access_key_id and storage.s3.secret_access_key, and that this key may write to the bucket.',
    remedy_bucket: 'Make this bucket at the storage, or name another one in storage.s3.bucket.',
    remedy_status: 'The storage refuses for a reason of its own: look at its log.',
    remedy_verify: 'Something changes bytes on the way. It is sent anew; if that goes on, look at proxies and at the storage.',
    remedy_disk: 'Check the disk of this server. If the file is gone for good, delete the recording.',
    remedy_settings: 'Correct storage.s3.* in the settings: it takes effect at once.',
    remedy_elsewhere: 'Set the bucket in which it is, or delete it there by hand and give it up here.',
    remedy_final: 'It stays on this server and is tried no more by itself. Record the stream as MP4 or FLV to have it in the bucket.',
    remedy_internal: 'Look at the log of this server.',
    deleteRecordingAsk: (name) => `Delete the recording ${name}? Its addresses end at once; it can be restored for a while.`,
    pastOff: 'The past of streams is not shown here: time shift is off (timeshift.window_ms).', pastNone: 'Nothing has been kept of this time.',
    state_recording: 'Recording', state_finalizing: 'Finishing', state_stored: 'Stored', state_uploaded: 'Uploaded', state_failed: 'Failed',
    state_deleted: 'Deleted',
    deskNone: 'Nothing here yet.', deskMore: (n) => `The first ${n} are shown.`,
    status_idle: 'Idle', status_live: 'Live', status_abnormal: 'Source fails', status_closed: 'Closed',
    d: 'd', h: 'h', m: 'min', s: 's', now: 'just now', now_due: 'now', up: (d) => `up ${d}`,
  },
  zh: {
    skip: '跳到直播列表', tagline: '直播服务器', language: '语言', server: '服务器', player: '播放器',
    signOut: '退出', signIn: '登录', signInTitle: '登录此服务器', tokenLabel: 'API 令牌',
    signInLead: '本页会显示直播流和地址，因此需要服务器的 API 令牌。',
    hintUrl: '最快的方式：在服务器上运行此命令，并打开它输出的地址。',
    hintToken: '或粘贴此命令输出的 api_token：',
    tokenRefused: '服务器不接受此令牌。',
    tokenForbidden: '此令牌无权查看本页。',
    streams: '直播流', viewers: '观众', incoming: '流入', outgoing: '流出', skips: '跳帧', uptime: '运行时间',
    session: '会话', bitRate: '码率', addresses: '播放地址', liveNow: '正在直播', refusals: '最近的拒绝',
    noRefusals: '没有被拒绝的请求。', audioOnly: '仅音频', emptyTitle: '还没有直播流',
    emptyLead: '给流取个名字，把推流地址填入任意编码器，画面就会自动出现在这里。',
    demoHint: '手边没有编码器？此命令会另启一个服务器，并循环播放一段视频：',
    publishTitle: '发布直播流', streamName: '流名称', getUrl: '获取推流地址',
    nameHint: '字母、数字、_ 和 -，中间可用单个点，最多 128 个字符。',
    connected: '已连接', connecting: '连接中', disconnected: '已断开',
    lost: (s) => `无法连接服务器，${s} 秒后重试。`,
    failed: (status, s) => `服务器返回 HTTP ${status}，${s} 秒后重试。`,
    live: '直播中', grace: '等待推流端', ended: '已结束',
    picture: '画面', frameRate: '帧率', video: '视频', audio: '音频', delay: '本页延迟', lag: '最慢的观众',
    received: '已接收', sent: '已发送', frames: (n) => `${n} 帧`, framesDropped: (n, d) => `${n} 帧，丢弃 ${d}`, none: '无', mono: '单声道', stereo: '立体声',
    channels: (n) => `${n} 声道`, fps: '帧/秒', behind: (s) => `落后直播 ${s} 秒`, lagBehind: (t) => `落后 ${t}`,
    watch: (name) => `观看 ${name}`, watching: '正在观看', viewersOf: (n) => `${n} 位观众`,
    noSound: (c) => `无声音：此浏览器不支持 ${c}`,
    play: '播放', pause: '暂停', mute: '静音', unmute: '取消静音', full: '全屏',
    vConnecting: '正在连接', vStalled: '等待画面', vStalledText: '下一帧尚未到达。',
    vGrace: '等待推流端', vGraceText: '推流恢复后会自动继续播放。',
    vEnded: '直播已结束', vEndedText: '再次推流后会在这里自动播放。',
    vPaused: '已暂停', vPausedText: '继续时从最新画面开始播放。',
    vUnsupported: (c) => `此浏览器不支持 ${c}`,
    vUnsupportedText: (c) => `该流的编码为 ${c}。请换用其他浏览器，或在播放器中打开下方的播放地址。`,
    vNoMse: '此浏览器不支持 Media Source Extensions', vNoMseText: '请在播放器中打开下方的播放地址。',
    vHttp: (s) => `服务器拒绝播放（HTTP ${s}）`, vHttpText: '原因见“最近的拒绝”。正在重试。',
    vBroken: '无法解码此直播流', vBrokenText: '正在重试。',
    copy: '复制', copied: '已复制', pushUrl: '推流地址', ffmpeg: '使用 ffmpeg', obs: '在 OBS 中：设置、直播、自定义',
    obsServer: '服务器', obsKey: '推流码', validUntil: (t) => `有效期至 ${t}。持有此地址的人都能以该名称推流。`,
    noAnswer: '无法连接服务器。', needName: '请先填写流名称。', pushForbidden: '获取推流地址需要令牌：请用“vivace url page”打开本页。',
    cause: '原因', remedy: '处理办法', noName: '无名称', from: (p) => `来自 ${p}`, times: (n) => `${n} 次`,
    publish: '推流', playOp: '播放', showAll: (n) => `显示全部 ${n} 条`, showFew: '收起',
    listMore: (n, all) => `共 ${all} 路直播，显示前 ${n} 路。`,
    compare: '对比', compareOf: (name) => `对比 ${name} 的各种协议`, compareTitle: '延迟对比',
    compareLead: '同一路直播，在本页同时用三种协议播放。', compareClose: '返回播放器',
    compareHow: '延迟 = 服务器当前时间 − 画面内容到达服务器的时间：HLS 的到达时间来自播放列表中的 EXT-X-PROGRAM-DATE-TIME；HTTP-FLV 的到达时间由画面的时间戳与最新一帧的到达时间推算。',
    behindLive: '落后直播', buffer: '缓冲', stalls: '卡顿',
    noteFlv: '一个不结束的响应', noteHls: '完整分片，距末尾三个分片', noteLlhls: '分片的片段，随切随传',
    started: (name) => `${name} 开始直播`, stopped: (name) => `${name} 已结束`,
    deskTitle: '管理', channelsTab: '频道', recordingsTab: '录制', bansTab: '禁推', relaysTab: '转推与拉流', auditTab: '变更', eventsTab: '事件',
    channelName: '频道名称', channelCreate: '创建频道', channelMade: (name) => `${name} 的地址`, addressesOf: '地址',
    start: '启用', stop: '停用', delete: '删除', undo: '撤销', unban: '解除禁推', cancel: '取消', differs: '变更前 → 变更后',
    kick: '断流', ban: '禁推', kickOf: (name) => `断开 ${name}`, banOf: (name) => `禁推 ${name}`, until: (when) => `至 ${when}`,
    kickAsk: (name) => `断开 ${name} 的推流？推流端可以立即重新推流。`,
    banAsk: (name) => `断开 ${name} 并拒绝之后的推流？可在“禁推”中解除。`,
    stopAsk: (name) => `停用频道 ${name}？其推流会被断开，之后的推流会被拒绝。`,
    deleteAsk: (name) => `删除频道 ${name}？此操作无法撤销。`,
    undoAsk: (operation, subject) => `将 ${subject} 恢复到 ${operation} 之前的状态？`,
    recordName: '录制直播流', record: '录制', download: '下载', restore: '恢复', close: '关闭', rewind: '回看',
    watchOf: (name) => `播放 ${name}`, deleted: '已删除', recordingOf: '录制', restorable: (when) => `${when} 前可恢复`,
    storage: (n, size, free) => `${number(n)} 个录制，连同为直播流保留的媒体共 ${size}；剩余空间 ${free}`,
    stopTask: (name) => `停止录制 ${name}`, storageTitle: '存储',
    storageBar: (used, free, least) => `已用 ${used}，剩余 ${free}；低于 ${least} 时不再开始新的录制`,
    begins_yes: (least) => `剩余空间不少于 ${least} 时可开始新的录制（recording.free_bytes_min）。`,
    begins_no_room: (least) => `拒绝新的录制：剩余空间不足 ${least}（recording.free_bytes_min）。直播不受影响。请删除录制或腾出磁盘空间。`,
    begins_off: () => '录制已关闭：recording.on 为 false。',
    recordFormats: '格式（不选则按 recording.formats）',
    taskTitle: '任务', taskNone: '没有任务。在上方填写流名称即可从现在开始录制，无论其是否已开播。',
    taskMade: (n) => `${number(n)} 个录制`, stoppedAt: (when) => `停止于 ${when}`, remove: '移除',
    task_waiting: '等待', task_running: '进行中', task_idle: '等待直播流', task_finished: '已结束', task_failed: '失败',
    uploadTitle: '上传', uploadNone: '没有等待上传的内容：已完成的录制都在存储桶中。',
    uploadNoBucket: '未设置存储桶：录制保存在此服务器上（storage.s3.bucket）。',
    uploadOff: '未设置存储桶：设置后继续上传（storage.s3.bucket）。',
    upload_waiting: '等待', upload_failing: '失败', upload_deleting: '待删除', upload_failed: '已放弃',
    upload_held: '暂停', uploadHeld: '其录制已删除，仍可恢复', recordTwiceAsk: (name) => `已有任务在录制 ${name}。再录制一份？`,
    uploadDone: (done, all) => `${done} / ${all}`, uploadNotBegun: '未开始', nextTry: '下次重试',
    triesFailed: (n) => `失败 ${n} 次`, tryNow: '立即重试', giveUp: '放弃',
    forgetAsk: (place) => `将 ${place} 留在存储桶中？此服务器不再处理它。`,
    remedy_connect: '请确认存储服务正在运行、storage.s3.endpoint 正确，且此服务器可以访问它。',
    remedy_timeout: '存储服务或网络较慢：请检查，或调大 limits.upload_request_ms_max。',
    remedy_broken: '存储服务或其前面的代理断开了连接：请查看其日志。',
    remedy_refused: '请检查 storage.s3.access_key_id 和 storage.s3.secret_access_key，以及该密钥对存储桶的写权限。',
    remedy_bucket: '请在存储服务中创建此存储桶，或在 storage.s3.bucket 中填写另一个。',
    remedy_status: '存储服务因自身原因拒绝：请查看其日志。',
    remedy_verify: '传输途中字节被改变。将重新发送；若持续出现，请检查代理和存储服务。',
    remedy_disk: '请检查此服务器的磁盘。若文件已无法找回，请删除该录制。',
    remedy_settings: '请更正设置中的 storage.s3.*，立即生效。',
    remedy_elsewhere: '请设置其所在的存储桶，或在那里手动删除后在此放弃。',
    remedy_final: '它保留在此服务器上，不再自动重试。如需上传，请将该流录制为 MP4 或 FLV。',
    remedy_internal: '请查看此服务器的日志。',
    deleteRecordingAsk: (name) => `删除录制 ${name}？其地址立即失效，一段时间内可以恢复。`,
    pastOff: '此服务器未开启时移（timeshift.window_ms）。', pastNone: '该时间没有保存内容。',
    state_recording: '录制中', state_finalizing: '收尾中', state_stored: '已保存', state_uploaded: '已上传', state_failed: '失败',
    state_deleted: '已删除',
    deskNone: '暂无内容。', deskMore: (n) => `仅显示前 ${n} 条。`,
    status_idle: '空闲', status_live: '直播中', status_abnormal: '源异常', status_closed: '已停用',
    d: '天', h: '小时', m: '分', s: '秒', now: '刚刚', now_due: '现在', up: (d) => `运行 ${d}`,
  },
};

/** Names that are better known than the codec strings of RFC 6381. */
export const CODEC_NAMES = {
  avc1: 'H.264', avc3: 'H.264', hvc1: 'HEVC', hev1: 'HEVC', av01: 'AV1', vp09: 'VP9',
  opus: 'Opus', 'mp4a.40': 'AAC', 'mp4a.6B': 'MP3', 'mp4a.69': 'MP3',
};

export let lang = 'en';

/** Everything said from now on is said in this language. */
export function speak(language) {
  lang = language;
}

export const t = (key, ...values) => (typeof TEXTS[lang][key] === 'function' ? TEXTS[lang][key](...values) : TEXTS[lang][key]);

function kept(storage, key, value) {
  try {
    if (value === undefined) return storage().getItem(key) ?? '';
    if (value === '') storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // The browser keeps nothing: the choice lasts as long as the page.
  }
  return value ?? '';
}

export const keptLanguage = (value) => kept(() => localStorage, 'vivace.language', value);
export const keptToken = (value) => kept(() => sessionStorage, 'vivace.token', value);

export function firstLanguage() {
  const before = keptLanguage();
  if (before === 'en' || before === 'zh') return before;
  const wanted = (navigator.languages ?? [navigator.language]).map((one) => one.slice(0, 2).toLowerCase());
  return wanted.find((one) => one === 'zh' || one === 'en') ?? 'en';
}

export const locale = () => (lang === 'zh' ? 'zh-CN' : 'en');
export const number = (value, digits = 0) => new Intl.NumberFormat(locale(), {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
}).format(value);

function scaled(value, units, digits = 1) {
  let index = 0;
  let rest = value;
  for (; rest >= 999.5 && index < units.length - 1; index += 1) rest /= 1000;
  const places = index === 0 || rest >= 100 ? 0 : Math.min(digits, rest >= 10 ? 1 : 2);
  return `${number(rest, places)} ${units[index]}`;
}

export const bits = (value) => scaled(value, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], value >= 1e6 ? 2 : 0);
export const bytes = (value) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** The two largest units of a length of time. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86400), t('d')], [Math.floor(seconds / 3600) % 24, t('h')],
    [Math.floor(seconds / 60) % 60, t('m')], [seconds % 60, t('s')],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return `0 ${t('s')}`;
  return parts.slice(first, first + 2).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/** A picture's size in pixels. */
export const pictureSize = ({ width, height }) => (width && height ? `${width} × ${height}` : '–');

/** Pictures a second. */
export function frameRate({ fps }) {
  if (!fps) return '–';
  const whole = Math.abs(fps - Math.round(fps)) < 0.005;
  return `${number(fps, whole ? 0 : 2)} ${t('fps')}`;
}

export const brief = (ms) => (ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} ${t('s')}`);

export function ago(at_ms) {
  const seconds = Math.round((Date.now() - at_ms) / 1000);
  if (seconds < 5) return t('now');
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'short' });
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([each]) => seconds >= each);
  return format.format(-Math.floor(seconds / size), unit);
}

/** When something is to come, as seen from now. */
export function ahead(at_ms) {
  const seconds = Math.round((at_ms - Date.now()) / 1000);
  if (seconds < 1) return t('now_due');
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'short' });
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([each]) => seconds >= each);
  return format.format(Math.ceil(seconds / size), unit);
}

export const moment = (ms) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
