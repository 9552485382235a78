/// What a person must know: one sentence, exit code 1.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }
}
