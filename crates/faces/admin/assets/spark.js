// A small curve of the last bit rates.
import { svg } from './dom.js';

/** Draws the samples, newest last, into a box. */
export function sparkline(box, samples) {
  if (!box.firstChild) {
    const frame = { viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' };
    box.append(svg('svg', frame, svg('path', { class: 'area' }), svg('path', { class: 'line' })));
  }
  const [area, line] = box.firstChild.childNodes;
  const top = Math.max(...samples, 1) * 1.25;
  const values = samples.length === 1 ? [samples[0], samples[0]] : samples;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * 100;
    return `${x.toFixed(2)} ${(29 - (value / top) * 28).toFixed(2)}`;
  });
  line.setAttribute('d', `M${points.join('L')}`);
  area.setAttribute('d', `M0 30L${points.join('L')}L100 30Z`);
}
