internal import GeulTraining

/// An event of TensorBoard: scalars of a step, or a mark in the file.
///
/// The numbers of fields are those of event.proto and summary.proto:
/// https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
package struct TensorBoardEvent {
  /// The contents of an event.
  package enum Contents {
    /// The version of the format, the first event of each file.
    case fileVersion
    /// The start of a session at `step`: readers drop all scalars of this step and later ones that they have read.
    case sessionStart
    /// Values by name.
    case scalars([(tag: String, value: Double)])
  }

  /// The time, in seconds since 1970.
  package let time: Double
  /// The number of completed training steps.
  package let step: Int
  /// The contents.
  package let contents: Contents

  /// Creates an event.
  package init(time: Double, step: Int, contents: Contents) {
    (self.time, self.step, self.contents) = (time, step, contents)
  }

  /// The event as a record of a TFRecord file: length, checksum of the length, message, checksum of the message.
  ///
  /// Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
  package var record: [UInt8] {
    let message = message.bytes
    var record: [UInt8] = []
    record.append(littleEndian: UInt64(message.count))
    record.append(littleEndian: Self.maskedChecksum(of: record))
    record += message
    record.append(littleEndian: Self.maskedChecksum(of: message))
    return record
  }

  private var message: ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, time)
    event.add(2, step)
    switch contents {
    case .fileVersion: event.add(3, "brain.Event:2")
    case .sessionStart:
      var session = ProtobufMessage()
      session.add(1, 1)  // START
      event.add(7, session)
    case .scalars(let scalars):
      var summary = ProtobufMessage()
      for scalar in scalars {
        var value = ProtobufMessage()
        value.add(1, scalar.tag)
        value.add(2, Float(scalar.value))
        summary.add(1, value)
      }
      event.add(5, summary)
    }
    return event
  }

  /// Returns the CRC-32C of bytes, rotated and offset so that a checksum of bytes with checksums is no weaker.
  private static func maskedChecksum(of bytes: [UInt8]) -> UInt32 {
    let checksum = CRC32.castagnoli.checksum(of: bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}

extension TensorBoardEvent {
  /// Creates the event of a report of a run.
  init(_ progress: TrainingLoop.Progress, time: Double) {
    var scalars = [("loss/train", progress.trainNats)]
    if let nats = progress.validationNats { scalars.append(("loss/validation", nats)) }
    scalars += [
      ("learning_rate", progress.learningRate), ("gradient_norm", progress.gradientNorm),
      ("tokens_per_second", progress.charsPerSecond), ("epoch", progress.epoch),
    ]
    self.init(time: time, step: progress.step, contents: .scalars(scalars))
  }
}
