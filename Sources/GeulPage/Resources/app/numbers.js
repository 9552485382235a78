/** Returns the sum of an array of numbers. */
export function sumOf(values) {
  return values.reduce((a, b) => a + b, 0);
}

/** Returns the mean of an array of numbers; 0 if it is empty. */
export function meanOf(values) {
  return sumOf(values) / Math.max(1, values.length);
}

/** Returns the largest absolute value of an array of numbers, at least `least`. */
export function largestOf(values, least = 0) {
  return values.reduce((a, b) => Math.max(a, Math.abs(b)), least);
}

/** Returns the integers from `start` to `end`, without `end`. */
export function integers(start, end) {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
