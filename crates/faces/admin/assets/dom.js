// Small tools for making and changing elements. Data only ever becomes text.

/** An element with attributes (`text` and `on…` included) and children. Data only ever becomes text. */
export function el(tag, attributes = {}, ...nodes) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'text') node.textContent = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...nodes);
  return node;
}

export function svg(tag, attributes, ...nodes) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...nodes);
  return node;
}

export const icon = (name) => svg('svg', { class: 'icon', 'aria-hidden': 'true' }, svg('use', { href: `#i-${name}` }));

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setLabel(button, label) {
  if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
  button.title = label;
}

const drawn = new WeakMap(); // list -> what it shows, as text

/**
 * Puts `rows()` into a list, each a list of nodes, if it does not show `what` already. A button that has the focus keeps
 * it: it is found again by its label.
 */
export function redraw(list, what, rows) {
  const now = JSON.stringify(what);
  if (drawn.get(list) !== now) {
    const label = list.contains(document.activeElement) ? document.activeElement.getAttribute('aria-label') : null;
    list.replaceChildren(...rows().map((nodes) => el('li', { class: 'desk-row' }, ...nodes)));
    drawn.set(list, now);
    if (label) list.querySelector(`[aria-label="${CSS.escape(label)}"]`)?.focus({ preventScroll: true });
  }
}

/** The elements of the page that have an id. */
export const ui = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));
