// Small pictures of streams for their cards: asked for when a card is seen, and anew from time to time, a few at once.
import { picture } from './api.js';
import { el } from './dom.js';

const AGAIN_MS = 15000;
const AT_ONCE = 2;

let asking = 0;
const covers = new Map(); // node -> cover

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const cover = covers.get(target);
    if (cover) cover.seen = isIntersecting;
  }
  next();
}, { rootMargin: '120px' });

/** A place for the picture of a stream. It says nothing that the card does not say. */
export function newCover(name) {
  const image = el('img', { alt: '', width: '88', height: '50', decoding: 'async' });
  const cover = { name, image, node: el('span', { class: 'card-cover', 'aria-hidden': 'true' }, image), at: -Infinity, url: '', seen: false, may: false };
  cover.node.hidden = true;
  covers.set(cover.node, cover);
  return cover;
}

/** Shows the picture if the stream `may` have one. */
export function showCover(cover, may) {
  // What is hidden is seen nowhere, so its card stands for it.
  const card = cover.node.parentElement;
  if (may && !cover.may && card) {
    covers.set(card, cover);
    seen.observe(card);
  }
  cover.may = may;
  cover.node.hidden = !may || cover.url === '';
  next();
}

export function dropCover(cover) {
  const card = cover.node.parentElement;
  if (card) seen.unobserve(card);
  covers.delete(card);
  covers.delete(cover.node);
  cover.may = false;
  if (cover.url) URL.revokeObjectURL(cover.url);
  cover.url = '';
}

function next() {
  const due = (cover) => cover.may && cover.seen && !cover.busy && performance.now() - cover.at >= AGAIN_MS;
  for (const cover of new Set(covers.values())) {
    if (asking >= AT_ONCE || document.hidden) return;
    if (due(cover)) fetchCover(cover);
  }
}

async function fetchCover(cover) {
  asking += 1;
  cover.busy = true;
  // No picture, or none in time, is nothing to tell: the card does without.
  const blob = await picture(`streams/${encodeURIComponent(cover.name)}/cover.jpg`).catch(() => null);
  asking -= 1;
  cover.busy = false;
  cover.at = performance.now();
  if (blob && cover.may) {
    const before = cover.url;
    cover.url = URL.createObjectURL(blob);
    cover.image.src = cover.url;
    cover.node.hidden = false;
    if (before) URL.revokeObjectURL(before);
  }
  next();
}
