/**
 * Creates an HTML element.
 *
 * Properties: `class`, `text` (the text content), `dataset`, `style` (an object; custom properties too) and `on` (an
 * object of event listeners). All others are attributes; `false`, `null` and `undefined` omit one, `true` sets it empty.
 * Children are nodes or strings; arrays are flattened, and `null` and `false` are left out.
 */
export function h(tag, properties = {}, ...children) {
  return buildElement(document.createElement(tag), properties, children);
}

/** Creates an SVG element, with the properties of `h`. */
export function svg(tag, properties = {}, ...children) {
  return buildElement(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function buildElement(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") element.setAttribute("class", value);
    else if (name === "text") element.textContent = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") {
      for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    } else if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

/** Creates a button that calls `action`. */
export function button(text, action, properties = {}) {
  return h("button", { type: "button", text, ...properties, on: { click: action, ...properties.on } });
}
