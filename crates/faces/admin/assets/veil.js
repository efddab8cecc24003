// What is said over a picture that does not move.
import { CODEC_NAMES, t } from './words.js';

/** The usual name of a codec string. */
export function codecName(codec) {
  const known = Object.keys(CODEC_NAMES).find((start) => codec.startsWith(start));
  return known ? CODEC_NAMES[known] : codec;
}

/** Title and sentence for a player whose stream is in `streamState`; empty while it plays. */
export function veilTexts({ state, error }, streamState) {
  if (state === 'unsupported') {
    const codecs = error?.detail.codecs ?? [];
    if (!codecs.length) return [t('vNoMse'), t('vNoMseText')];
    const names = [...new Set(codecs.map(codecName))].join(', ');
    return [t('vUnsupported', names), t('vUnsupportedText', codecs.join(', '))];
  }
  if (state === 'error') {
    return error?.kind === 'http' ? [t('vHttp', error.detail.status), t('vHttpText')] : [t('vBroken'), t('vBrokenText')];
  }
  if (state === 'stalled' && streamState === 'grace') return [t('vGrace'), t('vGraceText')];
  const key = { connecting: 'vConnecting', stalled: 'vStalled', ended: 'vEnded', paused: 'vPaused' }[state];
  return key ? [t(key), key === 'vConnecting' ? '' : t(`${key}Text`)] : ['', ''];
}
