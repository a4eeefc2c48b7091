/// What ends a training before its last step, and which checkpoint is there then.
struct TrainingFailure: Error, CustomStringConvertible {
  let fault: String
  let folder: String
  /// The step that the folder's checkpoint is of; nil where this training has written none.
  let checkpoint: Int?
  /// Why the last good step could not be written; nil where it is the checkpoint's, or no step was good.
  var writingFault: String?

  var description: String {
    let good = writingFault == nil ? ", the last good one," : ""
    let end = checkpoint.map { "the checkpoint of step \($0)\(good) is in \(folder)" }
    if let writingFault { return "\(fault); \(writingFault); \(end ?? "no other was written")" }
    return "\(fault); \(end ?? "no checkpoint was written, as no step before has finite weights")"
  }
}

/// A machine that is too small for a training, which is not the command line's fault.
struct TrainingShortage: Error, CustomStringConvertible {
  let fault: String
  var description: String {
    "\(fault); the memory follows from --layers, --width, --feedforward, --heads, --batch and --length"
  }
}
