#if Server

package import Geul

extension APIError {
  /// Creates the error of sampling options that an engine refuses.
  package init(_ error: SamplingError) {
    switch error {
    case .outOfRange(let option, let range, let value):
      let name = option.split(separator: "-").joined(separator: "_")
      self = .invalid(param: name, "\(name) must be \(range), not \(value).")
    case .unknownToken(let id, let size):
      self = .invalid(
        param: "logit_bias",
        "logit_bias must have token ids of the model as keys, from 0 to \(size - 1), not \(id).")
    case .noCandidates:
      self = .invalid(
        param: "logit_bias", "logit_bias bans every token of the model; at least one must be left.")
    case .lengthTooSmall(let length, let minimum):
      self = .invalid(
        param: "max_tokens",
        "The shortest text that satisfies the constraints has \(minimum) tokens; max_tokens is \(length)."
      )
    }
  }
}
#endif
