/** A matrix `[rows, columns]`, row-major in one Float32Array. Sums are computed in float64. */
export class Matrix {
  constructor(rows, columns, values) {
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /** Returns the transpose, `[columns, rows]`. */
  transposed() {
    const { rows, columns, values } = this;
    const result = new Matrix(columns, rows, new Float32Array(values.length));
    for (let i = 0; i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1) result.values[j * rows + i] = values[i * columns + j];
    }
    return result;
  }

  /** Returns row i, `[columns]`, without a copy. */
  row(i) {
    return this.values.subarray(i * this.columns, (i + 1) * this.columns);
  }

  /**
   * Adds the product with a vector: `out += W x`.
   *
   * Eight rows at once share each load of x and keep eight independent sums in registers.
   *
   * @param x Float32Array `[columns]`.
   * @param out Float64Array `[rows]`.
   */
  multiplyAdd(x, out) {
    const { rows, columns, values } = this;
    let i = 0;
    for (; i + 8 <= rows; i += 8) {
      const [r0, r1, r2, r3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
      const [r4, r5, r6, r7] = [(i + 4) * columns, (i + 5) * columns, (i + 6) * columns, (i + 7) * columns];
      let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let j = 0; j < columns; j += 1) {
        const value = x[j];
        s0 += values[r0 + j] * value;
        s1 += values[r1 + j] * value;
        s2 += values[r2 + j] * value;
        s3 += values[r3 + j] * value;
        s4 += values[r4 + j] * value;
        s5 += values[r5 + j] * value;
        s6 += values[r6 + j] * value;
        s7 += values[r7 + j] * value;
      }
      out[i] += s0;
      out[i + 1] += s1;
      out[i + 2] += s2;
      out[i + 3] += s3;
      out[i + 4] += s4;
      out[i + 5] += s5;
      out[i + 6] += s6;
      out[i + 7] += s7;
    }
    for (; i < rows; i += 1) {
      let sum = 0;
      for (let j = 0, index = i * columns; j < columns; j += 1, index += 1) sum += values[index] * x[j];
      out[i] += sum;
    }
  }

  /**
   * Adds the product of the transpose with a vector: `out += W^T d`.
   *
   * Eight rows at once share each load and store of out.
   *
   * @param d Float64Array `[rows]`.
   * @param out Float64Array `[columns]`.
   */
  transposeMultiplyAdd(d, out) {
    const { rows, columns, values } = this;
    let i = 0;
    for (; i + 8 <= rows; i += 8) {
      const [r0, r1, r2, r3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
      const [r4, r5, r6, r7] = [(i + 4) * columns, (i + 5) * columns, (i + 6) * columns, (i + 7) * columns];
      const [d0, d1, d2, d3, d4, d5, d6, d7] = d.subarray(i, i + 8);
      for (let j = 0; j < columns; j += 1) {
        out[j] += values[r0 + j] * d0 + values[r1 + j] * d1 + values[r2 + j] * d2 + values[r3 + j] * d3 +
          values[r4 + j] * d4 + values[r5 + j] * d5 + values[r6 + j] * d6 + values[r7 + j] * d7;
      }
    }
    for (; i < rows; i += 1) {
      for (let j = 0, index = i * columns; j < columns; j += 1, index += 1) out[j] += values[index] * d[i];
    }
  }
}
