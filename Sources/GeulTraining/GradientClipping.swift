/// Clipping of the gradient by its global norm.
///
/// Source: Pascanu, Mikolov and Bengio 2013.
struct GradientClipping {
  /// The maximum norm.
  let maximumNorm: Float

  /// Returns the factor of a gradient of the given norm, at most 1.
  func scale(norm: Double) -> Float {
    Float(min(1, Double(maximumNorm) / (norm + 1e-6)))
  }
}
