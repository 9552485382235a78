import { scaled } from "./colorScale.js";
import { headerHeight, labelHeight, meanHeight, meanScale, rowsTop } from "./heatMapLayout.js";

/** The least height of rows that are separated by lines, in CSS pixels. */
const separatedRowHeight = 12;

/**
 * Draws the columns of a heat map that are in view, of data as in heatMap.js, on a canvas.
 *
 * @param view `{ left, width, colors, fontFamily, cells }`: the place to which the map is scrolled, its width in view, the
 *   colors of `mapColors`, and a canvas on which the values are drawn first.
 */
export function drawHeatMap(canvas, data, view) {
  const { left, width } = view;
  const { columnWidth, rowHeight, rows, time } = data;
  const height = rowsTop(data) + rows.length * rowHeight;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(devicePixelRatio, devicePixelRatio);
  context.translate(-left, 0);
  const first = Math.max(0, Math.floor(left / columnWidth));
  const last = Math.min(time, Math.ceil((left + width) / columnWidth));
  if (last <= first) return;
  const shown = { ...view, first, last, height };
  for (const draw of [drawCells, drawMeans, drawTokens, drawCharacters, drawMarks]) draw(context, data, shown);
}

function drawCells(context, data, { colors, cells, first, last }) {
  const { columnWidth, rowHeight, rows } = data;
  const top = rowsTop(data);
  const [left, width] = [first * columnWidth, (last - first) * columnWidth];
  context.imageSmoothingEnabled = false;
  drawValues(cells, data, colors.scale, first, last);
  context.drawImage(cells, left, top, width, rows.length * rowHeight);
  if (rowHeight < separatedRowHeight) return;
  context.fillStyle = colors.background;
  for (let row = 0; row <= rows.length; row++) context.fillRect(left, top + row * rowHeight - 0.5, width, 1);
}

/** Draws one pixel for each value. */
function drawValues(canvas, { rows, time, values, range }, scale, first, last) {
  const image = new ImageData(last - first, rows.length);
  rows.forEach((neuron, row) => {
    for (let t = first; t < last; t++) {
      const color = 3 * (255 + Math.round(255 * scaled(values[neuron * time + t], range)));
      const index = 4 * (row * image.width + t - first);
      for (let i = 0; i < 3; i++) image.data[index + i] = scale[color + i];
      image.data[index + 3] = 255;
    }
  });
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function drawMeans(context, data, { colors, first, last }) {
  const { columnWidth, mean, range } = data;
  const length = range[0] < 0 ? meanHeight / 2 : meanHeight;
  const zero = headerHeight(data) + length;
  const unit = length / meanScale(data);
  for (let t = first; t < last; t++) {
    context.fillStyle = mean[t] < 0 ? colors.low : colors.high;
    context.fillRect(t * columnWidth + 1, Math.min(zero, zero - mean[t] * unit), columnWidth - 2, Math.abs(mean[t] * unit));
  }
  context.fillStyle = colors.muted;
  context.fillRect(first * columnWidth, zero - 0.5, (last - first) * columnWidth, 1);
}

function drawTokens(context, { columnWidth, tokens, groups }, { colors, fontFamily, first, last }) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `13px ${fontFamily}`;
  const top = groups ? labelHeight : 0;
  for (let t = first; t < last; t++) {
    const { text, part } = tokens[t];
    const center = (t + 0.5) * columnWidth;
    const usual = groups ? colors.muted : colors.text;
    context.fillStyle = part === "vowel" ? colors.accent : usual;
    context.fillText(text, center, top + labelHeight / 2, columnWidth);
    if (part === "final") context.fillRect(center - 6, top + labelHeight - 3, 12, 1.5);
  }
}

/** Draws the characters above their tokens, with lines between them. */
function drawCharacters(context, { columnWidth, groups }, { colors, fontFamily, first, last }) {
  context.font = `15px ${fontFamily}`;
  for (const { text, start, end } of groups ?? []) {
    if (end <= first || start >= last) continue;
    context.fillStyle = colors.text;
    context.fillText(text, (start + end) / 2 * columnWidth, labelHeight / 2, (end - start) * columnWidth);
    context.fillStyle = colors.border;
    context.fillRect(start * columnWidth - 0.5, 3, 1, labelHeight - 6);
  }
}

/** Draws the selection, and frames around the cursor, the picked neuron and the column under the pointer. */
function drawMarks(context, data, { left, width, height, colors }) {
  const { columnWidth, rowHeight, rows, time, cursor, selection, hovered, picked } = data;
  const overColumns = ({ start, end }, top, size) => [start * columnWidth, top, (end - start) * columnWidth, size];
  context.strokeStyle = context.fillStyle = colors.accent;
  context.lineWidth = 2;
  if (selection) context.fillRect(...overColumns(selection, headerHeight(data) - 2, 3));
  if (cursor) context.strokeRect(...overColumns(cursor, 1, height - 2));
  const row = rows.indexOf(picked);
  const right = Math.min(width, time * columnWidth - left);
  if (row >= 0) context.strokeRect(left + 1, rowsTop(data) + row * rowHeight, right - 2, rowHeight);
  if (hovered < 0) return;
  context.strokeStyle = colors.muted;
  context.lineWidth = 1;
  context.strokeRect(hovered * columnWidth + 0.5, 0.5, columnWidth - 1, height - 1);
}
