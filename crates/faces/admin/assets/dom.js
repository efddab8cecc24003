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

/** The elements of the page that have an id. */
export const ui = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));
