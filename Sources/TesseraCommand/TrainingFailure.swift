/// What ends a training before its last step, and which checkpoint is there then.
struct TrainingFailure: Error, CustomStringConvertible {
  let fault: String
  let folder: String
  /// The step that the folder's checkpoint is of; nil where this training has written none.
  let checkpoint: Int?

  var description: String {
    fault
      + (checkpoint.map { "; the checkpoint of step \($0), the last good one, is in \(folder)" }
        ?? "; no checkpoint was written, as no step before has finite weights")
  }
}
