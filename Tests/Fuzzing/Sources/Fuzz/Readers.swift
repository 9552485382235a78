import Foundation
import GeulCompression
import GeulCompute
import GeulGeneration
import GeulModel
import GeulStorage
import GeulText
import GeulTraining

/// The reader that GEUL_FUZZ names.
///
/// For any input, a reader must return a value or throw an error, and its postconditions must hold.
let reader: @Sendable ([UInt8]) -> Void = {
  switch ProcessInfo.processInfo.environment["GEUL_FUZZ"] {
  case "safetensors": readSafetensors
  case "metadata": readMetadata
  case "tokenizer": readText
  case "decoder": decodeStream
  case "archive": unpack
  default: fatalError("GEUL_FUZZ must be safetensors, metadata, tokenizer, decoder or archive")
  }
}()

/// Any bytes as a file of tensors.
@Sendable private func readSafetensors(_ bytes: [UInt8]) {
  guard let file = try? SafetensorsFile(bytes: bytes) else { return }
  for tensor in file.tensors {
    precondition(tensor.byteCount <= bytes.count, "a tensor larger than its file")
    _ = try? file.floats(tensor.name, shape: tensor.shape)
    _ = try? file.bytes(tensor.name)
  }
  _ = try? Checkpoint(file, name: "input")
  guard let again = try? file.serialized(), let same = try? SafetensorsFile(bytes: again) else {
    preconditionFailure("a file that was read cannot be written and read again")
  }
  precondition(same.tensors.map(\.name).sorted() == file.tensors.map(\.name).sorted())
}

/// Any texts as a checkpoint's metadata: of its model and, after a zero byte, of its run.
@Sendable private func readMetadata(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  var file = Fixture.checkpoint
  for (key, part) in zip([Model.metadataKey, Checkpoint.metadataKey], parts) {
    file.metadata[key] = String(decoding: part, as: UTF8.self)
  }
  guard let model = try? Model(file, name: "input") else { return }
  var text = ""
  let request = Generator.Request(prompt: [], length: 3, seed: 1)
  _ = try? Generator(model, context: Fixture.context).write(request) { _, piece in
    text += piece
    return true
  }
  guard let checkpoint = try? Checkpoint(file, name: "input") else { return }
  let configuration = checkpoint.run.configuration
  let corpus = Fixture.corpus
  guard checkpoint.run.teachers.isEmpty, configuration.batch * configuration.length <= 4096,
    checkpoint.run.batcher.tokenCount <= corpus.count,
    model.metadata.vocabulary.count == corpus.vocabulary.count
  else { return }
  // A run that can be resumed can take a step.
  var trainer = Trainer(
    configuration, state: checkpoint.trainer, vocabulary: model.metadata.vocabulary.count,
    context: Fixture.context)
  _ = trainer.step(corpus, of: checkpoint.run.totalSteps)
}

/// The first three bytes select the encoding, unit and normal form; the others are the text.
@Sendable private func readText(_ bytes: [UInt8]) {
  guard bytes.count >= 3 else { return }
  let names = Fixture.encodings
  let encoding = Int(bytes[0]) < names.count ? names[Int(bytes[0])] : nil
  let unit = TokenUnit.allCases[Int(bytes[1]) % TokenUnit.allCases.count]
  let form = NormalForm.allCases[Int(bytes[2] & 0x7F) % NormalForm.allCases.count]
  var options = CorpusOptions(
    tokenizer: Tokenizer(unit: unit, normalization: form), encoding: encoding,
    invalid: bytes[2] & 0x80 == 0 ? .error : .replace)
  options.blockBytes = 7  // so that characters span blocks
  let source = TextSource.bytes(Array(bytes.dropFirst(3)), name: "input")
  guard let corpus = try? Corpus.read([source], options: options) else { return }
  let ids = corpus.ids(0..<corpus.count)
  precondition(ids.allSatisfy { corpus.vocabulary.tokens.indices.contains(Int($0)) }, "unknown ids")
  var decoder = StreamDecoder(tokenizer: corpus.tokenizer, vocabulary: corpus.vocabulary)
  var text = ids.reduce(into: "") { $0 += decoder.append(Int($1)) }
  text += decoder.finish()
  precondition(
    corpus.byteCount(ofTokensIn: 0..<corpus.count) == corpus.byteCount, "bytes are lost")
  // Decoding and encoding again gives the same tokens; replaced bytes are valid text.
  guard unit != .byte else { return }
  let again = corpus.tokenizer.tokens(of: text)
  let before = ids.map { corpus.vocabulary.tokens[Int($0)] }
  precondition(
    unit == .jamo || again.joined() == before.joined(), "the round trip changes the text")
}

/// The first byte selects the unit; each other is an id.
@Sendable private func decodeStream(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let fixture = Fixture.decoders[Int(first) % Fixture.decoders.count]
  var decoder = fixture.decoder
  var pieces: [UInt8] = []
  for byte in bytes.dropFirst() {
    let piece = decoder.append(Int(byte) % fixture.count)
    pieces += Array(piece.utf8)
    precondition(String(validating: pieces, as: UTF8.self) != nil, "invalid UTF-8 after a token")
  }
  pieces += Array(decoder.finish().utf8)
  precondition(String(validating: pieces, as: UTF8.self) != nil, "invalid UTF-8 at the end")
}

/// Any bytes as an archive, and as the payload after a valid header.
@Sendable private func unpack(_ bytes: [UInt8]) {
  _ = try? Fixture.compressor.decompress(bytes, limit: 1000)
  // The beginning of a valid archive, its length given by the first byte, then the input.
  let header = Fixture.archive.prefix(Int(bytes.first ?? 0))
  _ = try? Fixture.compressor.decompress(Array(header) + bytes.dropFirst(), limit: 1000)
}
