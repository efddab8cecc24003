// Plays an HLS address with hls.js in the system's Chromium: `node hls.mjs URL SECONDS [ll]`. Prints one JSON object with
// what was played, every stall, everything that went wrong, and how far behind the encoder's clock it was, as the
// playlist's dates tell.
import { createRequire } from 'node:module';
import { AUTOPLAY, launch } from './chromium.mjs';

const [url, seconds, low_latency] = process.argv.slice(2);
const script = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');

const browser = await launch(AUTOPLAY);
try {
  const page = await browser.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.setContent('<video muted playsinline width="320"></video>');
  await page.addScriptTag({ path: script });
  await page.evaluate(([url, low_latency]) => {
    const video = document.querySelector('video');
    const seen = { first: null, stalls: [], faults: [], seeks: 0 };
    const delays = [];
    const hls = new Hls({ lowLatencyMode: low_latency });
    const percentile = (part) => [...delays].sort((a, b) => a - b)[Math.floor((delays.length - 1) * part)] ?? null;
    window.seen = seen;
    window.look = () => ({
      ...seen,
      played_s: seen.first === null ? 0 : video.currentTime - seen.first,
      decoded: video.getVideoPlaybackQuality().totalVideoFrames,
      dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
      audio_bytes: video.webkitAudioDecodedByteCount,
      width: video.videoWidth,
      codecs: hls.levels[0]?.attrs.CODECS ?? '',
      part_target: hls.latestLevelDetails?.partTarget ?? 0,
      parts: hls.latestLevelDetails?.partList?.length ?? 0,
      delay_ms: { p50: percentile(0.5), p95: percentile(0.95), max: percentile(1), looks: delays.length },
    });
    video.addEventListener('playing', () => { seen.first ??= video.currentTime; });
    video.addEventListener('waiting', () => { if (seen.first !== null) seen.stalls.push(video.currentTime); });
    video.addEventListener('seeking', () => { if (seen.first !== null) seen.seeks += 1; });
    setInterval(() => {
      if (seen.first !== null && hls.playingDate) delays.push(Math.round(Date.now() - hls.playingDate.getTime()));
    }, 250);
    hls.on(Hls.Events.ERROR, (_, data) => {
      // How long a decoder takes to begin, and where its first picture lies, is no stall of a picture that runs.
      if (seen.first === null && !data.fatal && data.details.startsWith('buffer')) return;
      seen.faults.push(`${data.details}${data.fatal ? ', fatal' : ''}: ${data.reason ?? data.error?.message ?? ''}`);
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
    hls.loadSource(url);
    hls.attachMedia(video);
  }, [url, low_latency === 'll']);
  const done = ([seconds]) => {
    const seen = window.look();
    return seen.played_s >= seconds || seen.faults.some((fault) => fault.includes('fatal'));
  };
  await page.waitForFunction(done, [Number(seconds)], { timeout: Number(seconds) * 1000 + 40_000 }).catch(() => {});
  const seen = await page.evaluate(() => window.look());
  console.log(JSON.stringify({ ...seen, faults: [...faults, ...seen.faults] }));
} finally {
  await browser.close();
}
