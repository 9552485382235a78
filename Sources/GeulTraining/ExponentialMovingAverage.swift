internal import GeulCompute

/// The exponential moving average (EMA) of the parameters: averaging damps the oscillation of the last steps.
///
/// Source: Polyak and Juditsky 1992.
struct ExponentialMovingAverage: Sendable {
  /// The decay rate of the average after the first steps.
  let decay: Float
  /// The average.
  var parameters: ParameterStorage

  /// Updates the average after step `step`, counted from 1.
  mutating func update(with newest: ParameterStorage, step: Int, context: ComputeContext) {
    // At first, the average is over at most a tenth of all steps.
    let keep = min(decay, Float(step) / Float(step + 9))
    context.axpby(1 - keep, newest, keep, &parameters)
  }
}
