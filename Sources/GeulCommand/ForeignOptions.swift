import ArgumentParser
import GeulCommandSupport

/// Options of other programs that Geul accepts without effect, or refuses with an explanation.
enum ForeignOptions {
  private enum Kind {
    /// The computing device.
    case device
    /// The number of layers on the GPU.
    case gpuLayers
    /// The index of a GPU; negative for none.
    case gpuIndex
    /// A switch for computing on the GPU.
    case gpu
    /// A switch for just-in-time compilation.
    case compile
    /// The size of the context window.
    case contextSize
    /// The source of the initial parameters.
    case initialization
    /// An option that Geul does not have, with the reason.
    case unsupported(String)
  }

  /// How to continue a run, instead of an option of `train`.
  static let newRun =
    "geul train starts a new run. To continue a run, use geul resume DIRECTORY."
  private static let cpuOnly = "Geul computes on the CPU only"
  private static let schedule =
    "the learning rate always follows a warm-up and a cosine decay over the whole run"
  private static let evaluations = "geul train evaluates about 20 times in a run"
  private static let progress = "geul train prints its progress regularly"
  private static let heads = "a recurrent network has no attention heads"

  private static let common: [String: Kind] = [
    "--device": .device, "-ngl": .gpuLayers, "--ngl": .gpuLayers, "--gpu-layers": .gpuLayers,
    "--n-gpu-layers": .gpuLayers, "-gpuid": .gpuIndex, "--gpuid": .gpuIndex,
    "--gpu": .gpuIndex, "--gpu-id": .gpuIndex, "--cuda": .gpu, "--use-cuda": .gpu,
    "--compile": .compile,
  ]
  private static let training: [String: Kind] = [
    "--resume": .initialization, "--n-head": .unsupported(heads),
    "--n-heads": .unsupported(heads), "--lr-decay-iters": .unsupported(schedule),
    "--decay-lr": .unsupported(schedule), "--min-lr": .unsupported(schedule),
    "--warmup-iters": .unsupported(schedule), "--warmup-steps": .unsupported(schedule),
    "--eval-interval": .unsupported(evaluations), "--eval-iters": .unsupported(evaluations),
    "--eval-every": .unsupported(evaluations), "--eval-steps": .unsupported(evaluations),
    "--log-interval": .unsupported(progress), "--print-every": .unsupported(progress),
  ]
  private static let inference: [String: Kind] = [
    "-c": .contextSize, "--ctx-size": .contextSize, "--n-ctx": .contextSize,
    "--block-size": .contextSize, "--init-from": .initialization,
  ]

  private static func kind(_ name: String, _ command: String) -> Kind? {
    if let kind = common[name] { return kind }
    return switch command {
    case "train", "resume": training[name]
    case "generate", "evaluate", "explain": inference[name]
    default: nil
    }
  }

  /// Indicates whether a name is one of these options in a command.
  static func contains(_ name: String, _ command: String) -> Bool { kind(name, command) != nil }

  /// Validates the value of one of these options.
  ///
  /// - Throws: `ValidationError` with the reason if the value would have an effect that Geul does not support.
  static func check(_ option: Aliases.Option, _ command: String) throws {
    let value = option.value?.lowercased() ?? ""
    let unsupported = "\(option.given) is not supported"
    let (isAccepted, message): (Bool, String) =
      switch kind(option.name, command) {
      case .device: (value == "cpu", "\(cpuOnly).")
      case .gpuLayers: (value == "0", "\(cpuOnly).")
      case .gpuIndex: (value.hasPrefix("-"), "\(cpuOnly).")
      case .gpu: (["0", "false"].contains(value), "\(cpuOnly).")
      case .compile: (["0", "false"].contains(value), "\(unsupported): Geul is compiled already.")
      case .contextSize: (false, "\(unsupported): a recurrent network has no context window.")
      case .initialization where command == "train":
        (
          false,
          "\(unsupported): \(newRun)"
        )
      case .initialization:
        (value == "resume", "\(unsupported): the parameters come from the model's file.")
      case .unsupported(let reason): (false, "\(unsupported): \(reason).")
      case nil: (true, "")
      }
    guard !isAccepted else { return }
    throw ValidationError(message)
  }
}
