import { formatNumber } from "./strings.js";

const mathNamespace = "http://www.w3.org/1998/Math/MathML";
const formulaSymbols = { "*": "⊙", "-": "−", sigmoid: "σ" };

/**
 * Returns a formula in MathML.
 *
 * The notation is that of docs/mathematics.md: `h_t = tanh(W_x x_t + W_h h_{t-1} + b)`, `c~_t` for a tilde, `*` for the
 * element-wise product, and in addition `{a}/{b}` for a fraction. Letters that follow each other are one name.
 */
export function formula(source, isBlock = false) {
  const reader = { parts: source.match(/[A-Za-z]+|[\d.]+|\s+|[^]/gu), index: 0 };
  return mathElement("math", [readFormulaRow(reader)], isBlock ? { display: "block" } : {});
}

/** Returns the nodes of a text in which `formulas` stand between backticks and **terms** between asterisks. */
export function richText(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return formula(part.slice(1, -1));
    if (!part.startsWith("**")) return part;
    const element = document.createElement("strong");
    element.textContent = part.slice(2, -2);
    return element;
  });
}

/** Returns a number as a factor in a formula: negative ones are in parentheses. */
export function formulaNumber(value) {
  const text = formatNumber(value, 2);
  return text.startsWith("-") ? `(${text})` : text;
}

/** Returns a text for `richText` with its formulas as plain text. */
export function plainText(text) {
  return text.replaceAll("`", "");
}

function mathElement(tag, children, attributes = {}) {
  const element = document.createElementNS(mathNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Reads up to the end or a closing brace. */
function readFormulaRow(reader) {
  const row = [];
  let hasSpace = false;
  while (reader.index < reader.parts.length && reader.parts[reader.index] !== "}") {
    if (/^\s/.test(reader.parts[reader.index])) {
      hasSpace = true;
      reader.index += 1;
      continue;
    }
    const item = readFormulaItem(reader);
    // A product without a sign needs a space; operators have their own.
    if (hasSpace && row.length > 0 && item.localName !== "mo" && row.at(-1).localName !== "mo") {
      row.push(mathElement("mspace", [], { width: "0.12em" }));
    }
    hasSpace = false;
    const isAfterValue = row.length > 0 && (row.at(-1).localName !== "mo" || row.at(-1).textContent === ")");
    if (item.textContent === "−" && !isAfterValue) ["lspace", "rspace"].forEach((side) => item.setAttribute(side, "0"));
    row.push(item);
  }
  return mathElement("mrow", row);
}

/** Reads a name, a number, an operator or a group, with its tilde, subscript and superscript. */
function readFormulaItem(reader) {
  let item = readFormulaAtom(reader);
  const next = () => reader.parts[reader.index];
  if (next() === "~") {
    reader.index += 1;
    item = mathElement("mover", [item, mathElement("mo", ["~"], { stretchy: "false" })], { accent: "true" });
  }
  const isLarge = /^[∏∑]$/.test(item.textContent);
  const scripts = {};
  while (next() === "_" || next() === "^") {
    const mark = next();
    reader.index += 1;
    scripts[mark] = readFormulaAtom(reader);
  }
  const { _: below, "^": above } = scripts;
  if (below && above) return mathElement(isLarge ? "munderover" : "msubsup", [item, below, above]);
  if (below) return mathElement(isLarge ? "munder" : "msub", [item, below]);
  return above ? mathElement("msup", [item, above]) : item;
}

function readFormulaAtom(reader) {
  const part = reader.parts[reader.index];
  reader.index += 1;
  if (part === "{") {
    const group = readFormulaRow(reader);
    reader.index += 1;
    if (reader.parts[reader.index] !== "/" || reader.parts[reader.index + 1] !== "{") return group;
    reader.index += 1;
    return mathElement("mfrac", [group, readFormulaAtom(reader)]);
  }
  if (part === "'") return mathElement("mo", ["′"], { lspace: "0", rspace: "0.1em" });
  const text = formulaSymbols[part] ?? part;
  if (/^\d/.test(part)) return mathElement("mn", [text]);
  if (!/^\p{L}/u.test(part)) return mathElement("mo", [text]);
  // Few fonts have the mathematical italic letters that browsers use by default; the style makes these letters italic.
  return mathElement("mi", [text], /^[A-Za-z]$/.test(part) ? { mathvariant: "normal" } : {});
}
