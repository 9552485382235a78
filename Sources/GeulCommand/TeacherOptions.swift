import ArgumentParser
import Geul
import GeulCommandSupport
import PortableFoundation

/// Options of knowledge distillation, in which a network also learns from the predictions of trained models.
struct TeacherOptions: ParsableArguments {
  @Option(
    help: .advanced(
      "Distillation: also learn from the predictions of the network of this model or run; can be repeated.",
      valueName: "model"),
    completion: .file())
  var teacher: [String] = []
  @Option(
    help: .advanced(
      "Distillation: weight of the teachers' predictions in the target distribution, up to 1 (default: \(TrainingOptions.defaultTeacherWeight)).",
      valueName: "weight"))
  var teacherWeight: Float?

  func validate() throws {
    try check("--teacher-weight", teacherWeight, in: 0.001...1)
    guard teacherWeight == nil || !teacher.isEmpty else {
      throw ValidationError("--teacher-weight needs --teacher MODEL.")
    }
  }

  /// Loads the teachers.
  ///
  /// - Throws: `TrainingError` if the run has several processes; an error if a file cannot be read.
  func load(_ ranks: Ranks) throws -> [Model] {
    guard teacher.isEmpty || ranks.group.count == 1 else {
      throw TrainingError.teachersNeedOneProcess(count: ranks.group.count)
    }
    return try teacher.map { path in
      var model = try loadModel(path)
      model.ngrams = nil  // which would take memory during training
      return model
    }
  }

  /// Returns a sentence on the teachers; nil if there are none.
  func description(of models: [Model], weight: Float) -> String? {
    guard !models.isEmpty else { return nil }
    let names = zip(teacher, models).map { path, model in
      let shape = model.metadata.architecture
      return "\(path) (\(shape.layers) x \(shape.hidden) \(shape.cell.rawValue))"
    }
    return
      "Distillation: \(formatted(Double(weight), "%g")) of the target distribution is the \(models.count == 1 ? "prediction" : "mean prediction") of \(names.joined(separator: ", "))."
  }
}
