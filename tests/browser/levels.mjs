// Plays an HLS master playlist with hls.js in the system's Chromium, and goes from rate to rate: `node levels.mjs URL`.
// First as a viewer's choice takes effect at once, then as the player's own does, behind what it has buffered. Prints one
// JSON object: the levels, what was seen at each, how far apart their dates are, every hole, and everything that went wrong.
import { createRequire } from 'node:module';
import { AUTOPLAY, launch } from './chromium.mjs';

const [url] = process.argv.slice(2);
const script = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');
const deadline_ms = 40_000;
/** How long each level is watched, once its picture has been seen. */
const watched_s = 2;

const browser = await launch(AUTOPLAY);

const begin = (url) => {
  const video = document.querySelector('video');
  const hls = new Hls({ startLevel: 0, autoStartLoad: false, maxBufferLength: 12 });
  const seen = { faults: [], broken: [], holes: [], dates: {}, fatal: false, seeks: 0 };
  window.watch = { hls, seen, height: 0 };
  window.look = () => ({
    at_s: video.currentTime, decoded: video.getVideoPlaybackQuality().totalVideoFrames, dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
    width: video.videoWidth, height: video.videoHeight, level: hls.currentLevel, audio_bytes: video.webkitAudioDecodedByteCount,
  });
  hls.on(Hls.Events.ERROR, (_, data) => {
    seen.fatal ||= data.fatal;
    // A buffer that runs dry while a rate begins, or is emptied by the viewer's choice, is no fault of what is in it.
    if (data.fatal || !data.details.startsWith('buffer')) seen.broken.push(data.details);
    seen.faults.push(`${data.details}${data.fatal ? ', fatal' : ''}: ${data.reason ?? data.error?.message ?? ''}`);
  });
  // Where on the player's timeline the dates of each level's segments lie: all levels must agree.
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag, part }) => {
    if (part || frag.type !== 'main' || frag.programDateTime === null) return;
    (seen.dates[frag.level] ??= []).push({ zero_ms: frag.programDateTime - frag.start * 1000, sn: frag.sn, cc: frag.cc, start: frag.start, end: frag.end });
  });
  // Once a level has been watched, what has been played of it and what lies ahead is one piece, the switch too. While
  // hls.js fills its buffer anew, it does so in an order of its own.
  window.noteHoles = (since_s) => {
    const { buffered } = video;
    for (let n = 1; n < buffered.length; n += 1) {
      const [from, to] = [buffered.end(n - 1), buffered.start(n)];
      if (to > since_s) seen.holes.push({ from, to, at_s: video.currentTime });
    }
  };
  video.addEventListener('seeking', () => { seen.seeks += 1; });
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    // By hand from here on: the player's own choice would go up at once.
    hls.loadLevel = 0;
    hls.startLoad(-1);
    video.play();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
};

try {
  const page = await browser.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.setContent('<video muted playsinline width="320"></video>');
  await page.addScriptTag({ path: script });
  await page.evaluate(begin, url);
  const sees = (wanted) => page.waitForFunction((level) => {
    const { height } = watch.hls.levels[level] ?? {};
    return watch.seen.fatal || (document.querySelector('video').videoHeight === height && document.querySelector('video').currentTime > 0);
  }, wanted, { timeout: deadline_ms });

  const visits = [];
  const visit = async (how, level) => {
    if (how) await page.evaluate(([how, level]) => { watch.hls[how] = level; }, [how, level]);
    await sees(level);
    const first = await page.evaluate(() => look());
    await page.waitForFunction(([at_s, decoded]) => watch.seen.fatal || (look().at_s >= at_s && look().decoded > decoded),
      [first.at_s + watched_s, first.decoded + 20], { timeout: deadline_ms });
    await page.evaluate((since_s) => noteHoles(since_s), first.at_s);
    visits.push({ how, level, first, second: await page.evaluate(() => look()) });
  };
  try {
    for (const [how, level] of [['', 0], ['currentLevel', 1], ['currentLevel', 2], ['nextLevel', 0], ['nextLevel', 2], ['currentLevel', 0]]) await visit(how, level);
  } catch (error) {
    faults.push(`${error.message} ${JSON.stringify(await page.evaluate(() => look()))}`);
  }
  const seen = await page.evaluate(() => ({
    ...watch.seen,
    levels: watch.hls.levels.map(({ attrs, width, height, bitrate }) => ({ width, height, bitrate, codecs: attrs.CODECS, resolution: attrs.RESOLUTION, frame_rate: attrs['FRAME-RATE'] })),
  }));
  console.log(JSON.stringify({ ...seen, visits, broken: [...faults, ...seen.broken] }));
} finally {
  await browser.close();
}
