/** Returns the sum of values. */
export function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Returns the largest absolute value, at least `least`. */
export function largestOf(values, least = 0) {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), least);
}

/** Returns the mean of values. */
export function meanOf(values) {
  return sumOf(values) / Math.max(1, values.length);
}

/** Returns the variance of values. */
export function varianceOf(values) {
  return covarianceOf(values, values);
}

/** Returns Pearson's correlation of two lists of values; 0 if one is constant. */
export function correlationOf(a, b) {
  const scale = Math.sqrt(varianceOf(a) * varianceOf(b));
  return scale > 0 ? covarianceOf(a, b) / scale : 0;
}

function covarianceOf(a, b) {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  return a.reduce((sum, value, index) => sum + (value - meanA) * (b[index] - meanB), 0) / Math.max(1, a.length);
}
